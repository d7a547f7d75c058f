"""The Python Package Index: its URLs and rules. Source: its user documentation, and Warehouse's code.

Not imitated: rules that need its database or its staff (prohibited names, rate limits, releases that close after
two weeks), its list of classifiers (only their categories are checked), and what attestations prove (only their form is
checked).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from reference_server.flavours import pypi_archives, pypi_files, pypi_metadata, pypi_projects
from reference_server.flavours.flavour import REPOSITORY, Flavour, Layout, Refusal
from reference_server.model import ANONYMOUS, Caller
from reference_server.model.errors import (
    FileExistsAlreadyError,
    FileNameClosedError,
    PasswordRefusedError,
    RegistryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.model import Action, Credentials, GitLabProject, Package, PackageFile
    from reference_server.rules import Rules
    from reference_server.rules.access import Tokens

TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name beside a token
CROSS_ORIGIN = MappingProxyType(
    {
        "Access-Control-Allow-Headers": "Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since",
        "Access-Control-Allow-Methods": "GET",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "X-PyPI-Last-Serial",
        "Access-Control-Max-Age": "86400",
    }
)
"""Pages of other origins may read pages. Source: Warehouse, `warehouse/utils/cors.py`."""
WITH_PASSWORD = Caller(scopes=frozenset({"password"}))
"""The caller with an unknown user name and password."""


def rules(rules: Rules) -> Rules:
    """Return the rules with those of PyPI in place of GitLab's."""
    return replace(
        rules,
        identify=_names_passwords(rules.identify),
        authorize=_without_passwords(rules.authorize),
        created_status=200,
        understood=pypi_metadata.without_unknown,
        upload_checks=(*pypi_files.FORM_CHECKS, *pypi_metadata.CHECKS, *pypi_files.NAME_CHECKS),
        project_checks=pypi_projects.CHECKS,
        archive_checks=(*rules.archive_checks, *pypi_archives.CHECKS),
        takes_identical=True,
        file_name_taken=_exists_already,
        file_name_closed=FileNameClosedError,
        reopens_filenames=False,
        display_name=lambda packages: max(packages, key=_newest).name,
    )


def _exists_already(existing: PackageFile) -> FileExistsAlreadyError:
    return FileExistsAlreadyError(existing.filename, existing.digests["blake2_256"])


def _newest(package: Package) -> int:
    return max((file.id for file in package.files), default=0)


def _file_path(file: PackageFile) -> str:
    """Return a path below `/packages/`, which bandersnatch insists on. PyPI's has another digest in it."""
    digest = file.sha256
    return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{quote(file.filename, safe='')}"


def _names_passwords(
    identify: Callable[[Credentials, Tokens], Caller],
) -> Callable[[Credentials, Tokens], Caller]:
    """Identify callers with a password. Unlike at PyPI, a token is valid with any user name."""

    def identified(credentials: Credentials, tokens: Tokens) -> Caller:
        caller = identify(credentials, tokens)
        username = credentials.basic[0] if credentials.basic else TOKEN_USERNAME
        return WITH_PASSWORD if caller == ANONYMOUS and username != TOKEN_USERNAME else caller

    return identified


def _without_passwords(
    authorize: Callable[[Caller, GitLabProject, Action], None],
) -> Callable[[Caller, GitLabProject, Action], None]:
    """Refuse uploads with a password. Reading needs no authentication."""

    def authorized(caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller == WITH_PASSWORD and action == "upload":
            raise PasswordRefusedError
        authorize(caller, gitlab_project, action)

    return authorized


PYPI = Flavour(
    name="pypi",
    summary="The Python Package Index: its URLs and its rules for uploads, with every specification kept.",
    layout=Layout(
        base="",
        upload="/legacy/",
        index="/simple/",
        repository="",
        routes=(
            (r"/legacy/?", REPOSITORY),
            (r"/(simple|files|integrity)(/.*)?", rf"{REPOSITORY}/\1\2"),
            (r"/packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60}/.+)", rf"{REPOSITORY}/files/\1\2\3"),
            (r"/pypi/(.+)/json/?", rf"{REPOSITORY}/json/\1"),
        ),
    ),
    profile="pypi",
    gitlab_project=2,
    rules=rules,
    refusals=(Refusal(error=RegistryError, routes=frozenset({"upload"}), in_status_line=True),),
    page_headers=CROSS_ORIGIN,
    has_serials=True,
    offers=frozenset({"project_json", "release_json"}),
    file_path=_file_path,
)
