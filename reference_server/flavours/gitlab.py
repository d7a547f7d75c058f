"""GitLab as it is: version 13.4, and current versions. Source: GitLab's code and its tests; `gitlab_deviations.toml`.

Not imitated: rate limits, the dependency firewall, object storage, and blocked users. A file without a sha256 in its
form gets that of its bytes; GitLab has none then. Forwarding is off: see `Upstream` with the mode `redirect`.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from reference_server.flavours import gitlab_access, gitlab_names, gitlab_uploads
from reference_server.flavours.flavour import Flavour, Refusal, Setting
from reference_server.flavours.reference import GITLAB as LAYOUT
from reference_server.model.errors import (
    FileSentTwiceError,
    FileTooLargeError,
    GitLabProjectNotFoundError,
    NotThroughWorkhorseError,
    PackageInvalidError,
    PackageNotFoundError,
)
from reference_server.rendering.gitlab_html import GitLabHtml
from reference_server.rules.negotiation import TEXT_HTML

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rules import Rules

OWN_API = frozenset(
    {"yank_version", "unyank_version", "yank_file", "unyank_file", "set_status"}
    | {"attach_provenance", "remove_provenance", "delete_project", "delete_version", "delete_file"}
)
"""The routes that only this server has."""
NO_SUCH_FILES = frozenset({"metadata_file", "group_metadata_file", "provenance"})
FILE = frozenset({"file"})
OF_GROUPS = frozenset({"group_root_page", "group_project_page", "group_file"})
LATER = (
    gitlab_access.OF_PROTECTION
    | {"root_page", "delete_package_file", "forwarded"}
    | {"job_token_scope", "job_token_allowlist", "allow_job_tokens", "disallow_job_tokens"}
)
"""The routes that came after 13.4."""
OF_REST = frozenset(
    {"gitlab_project", "packages", "package", "package_files", "delete_package", "delete_package_file"}
)
REFUSED = (
    Refusal(error=FileSentTwiceError, status=500, text="500 Internal Server Error"),
    Refusal(error=GitLabProjectNotFoundError, routes=OF_REST, text="404 Project Not Found"),
)
"""What both versions refuse in these words: Workhorse, and the REST API of packages."""
TOO_LARGE = Refusal(error=FileTooLargeError, status=400, text="400 Bad request - File is too large")


def _setting(change: str) -> Callable[[Flavour], Flavour]:
    """Return a function of the settings, which are imported when one is switched on."""

    def changed(flavour: Flavour) -> Flavour:
        from reference_server.flavours import gitlab_settings

        with_it: Flavour = getattr(gitlab_settings, change)(flavour)
        return with_it

    return changed


JSON = Setting("json", "pages in JSON, which the flag `pypi_pep_691_json` switches on", _setting("with_json"))
FIPS = Setting("fips", "FIPS: an upload needs `sha256_digest`, and no MD5 is recorded", _setting("with_fips"))
NO_PACKAGES = Setting(
    "no-packages",
    "no package registry, as `packages.enabled: false` has it",
    _setting("without_packages"),
)


def rules(rules: Rules) -> Rules:
    """Return the rules with those of a current GitLab."""
    return replace(
        rules,
        reads=gitlab_access.read_by,
        identify=gitlab_access.with_job_bearer(rules.identify),
        authorize=gitlab_access.authorize_now,
        valid_name=gitlab_names.is_valid_name,
        valid_version=gitlab_names.is_valid_version,
        version_key=str,
        requested_name=str.lower,
        keeps_spellings_apart=True,
        valid_path=gitlab_names.is_valid_path,
        understood=gitlab_uploads.understood_and_truncated,
        upload_checks=(
            gitlab_uploads.has_no_null,
            gitlab_uploads.sha256_has_its_form,
            gitlab_uploads.name_is_not_blank,
        ),
        readable_in_group=gitlab_access.read_in_group,
        valid_filename=gitlab_uploads.anything,
        filename_agrees=gitlab_uploads.anything,
        filetype_agrees=gitlab_uploads.anything,
        valid_requires_python=gitlab_uploads.anything,
        valid_metadata_version=gitlab_uploads.anything,
        verify_digests=gitlab_uploads.trust_digests,
        recorded_digests=gitlab_uploads.claimed_digests,
        open_archive=gitlab_uploads.nothing_inside,
        archive_checks=(),
        takes_uploads=gitlab_uploads.anything,
        offers_files=gitlab_uploads.anything,
        finds=gitlab_uploads.with_extension,
        links_versions=True,
        redirects_slashless=False,
        redirects_unnormalized=False,
        api_version=None,
        serializations=(TEXT_HTML,),
        refuses_unacceptable=False,
        reads_format=False,
    )


def rules_13_4(current: Rules) -> Rules:
    """Return the rules with those of GitLab 13.4."""
    return replace(
        rules(current),
        reads=gitlab_access.read_by_13_4,
        identify=current.identify,
        authorize=gitlab_access.authorize_13_4,
        needs_id=True,
        protects=False,
        understood=gitlab_uploads.understood,
        upload_checks=(gitlab_uploads.has_no_null, gitlab_uploads.name_is_not_blank),
        required_fields=("content", "requires_python", "name", "version"),
        listed_requires_python=gitlab_uploads.of_the_last_upload,
    )


GITLAB_13_4 = Flavour(
    name="gitlab-13.4",
    summary="GitLab 13.4 as it was: no root page, open downloads, digests on trust.",
    layout=LAYOUT,
    profile="gitlab",
    rules=rules_13_4,
    deviates=True,
    lacks=OWN_API | NO_SUCH_FILES | OF_GROUPS | LATER,
    features=("disposable",),
    html=GitLabHtml(indented=True, breaks=True),
    refusals=(
        TOO_LARGE,
        *REFUSED,
        Refusal(error=PackageNotFoundError, routes=FILE, text="404 Not found"),
        Refusal(
            error=NotThroughWorkhorseError,
            text="403 Forbidden  - Request should be executed via GitLab Workhorse",
        ),
    ),
    settings=(NO_PACKAGES,),
    challenge=gitlab_access.challenge_13_4,
    file_headers=MappingProxyType({"Content-Transfer-Encoding": "binary"}),
    rest_lacks=frozenset({"status", "file_sha256", "package_registry_access_level"}),
    splats=True,
    hides_methods=True,
    compares_etags_as_text=True,
    rejects_other_ranges=True,
)

GITLAB = Flavour(
    name="gitlab",
    summary="GitLab as it is today: a link per version, digests on trust, neither JSON nor metadata files.",
    layout=LAYOUT,
    profile="gitlab",
    rules=rules,
    deviates=True,
    lacks=OWN_API | NO_SUCH_FILES,
    features=("disposable",),
    html=GitLabHtml(indented=False, breaks=False),
    refusals=(
        TOO_LARGE,
        *REFUSED,
        Refusal(error=PackageInvalidError, text="400 Bad request - {}"),
        Refusal(error=PackageNotFoundError, routes=frozenset({"group_file"}), text="404 Not found"),
    ),
    settings=(JSON, FIPS, NO_PACKAGES),
    challenge=gitlab_access.challenge,
    file_headers=MappingProxyType({"Content-Transfer-Encoding": "binary"}),
    splats=True,
    hides_methods=True,
    compares_etags_as_text=True,
    rejects_other_ranges=True,
)
