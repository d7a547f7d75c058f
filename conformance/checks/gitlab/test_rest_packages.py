"""What GitLab's own API says of one package."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.scenarios import ids_of_packages
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.kit.fixtures import Corpus, GitLab, NewName, RegistryClient
    from conformance.kit.http import Answer


CLOCKS = timedelta(minutes=1)
"""By which the clocks of an instance's machines may differ."""


@pytest.fixture(scope="session")
def versions(gitlab: GitLab, corpus: Corpus) -> dict[str, Any]:
    """The ids of the packages of a project with the versions 1.0 and 2.0, by version."""
    found = ids_of_packages(gitlab, corpus["picky-old"].name)
    if set(found) != {"1.0", "2.0"}:
        raise Untestable("the packages that this check reads are not listed; see gitlab.rest.lists-packages")
    return found


@pytest.fixture
def old_version(gitlab: GitLab, versions: Mapping[str, object]) -> Answer:
    """The answer for the package with version 1.0."""
    answer = gitlab.call("GET", f"/packages/{versions['1.0']}")
    if answer.status != 200:
        raise Untestable("the package that this check reads is not found; see gitlab.rest.package")
    return answer


@check("gitlab.rest.links")
def test_links(gitlab: GitLab, versions: Mapping[str, object], old_version: Answer) -> None:
    """The links may begin with the address and the path of the instance."""
    project = gitlab.call("GET", "")
    if project.status != 200:
        raise Untestable(f"the GitLab project is not described: {project}")
    described, package_id = project.json_object, versions["1.0"]
    links = old_version.json_object.get("_links")
    wanted = {
        "web_path": f"/{described.get('path_with_namespace')}/-/packages/{package_id}",
        "delete_api_path": f"/projects/{described.get('id')}/packages/{package_id}",
    }
    expect.rule(
        "`_links` to lead to the package",
        broken_by=[
            f"{name}: {_path(links, name) or 'nothing'}, not {path}"
            for name, path in wanted.items()
            if not _path(links, name).endswith(path)
        ],
        where=old_version,
    )


def _path(links: Any, name: str) -> str:
    found = links.get(name) if isinstance(links, dict) else None
    return urlsplit(found).path if isinstance(found, str) else ""


@check("gitlab.rest.versions")
def test_versions(versions: Mapping[str, object], old_version: Answer) -> None:
    """A registry may name the package itself as well."""
    stated = old_version.json_object.get("versions")
    rows = [row for row in stated if isinstance(row, dict)] if isinstance(stated, list) else []
    named = any(row.get("version") == "2.0" and row.get("id") == versions["2.0"] for row in rows)
    expect.rule(
        "`versions` to have version 2.0 with its id",
        broken_by=[] if named else [f"the versions {', '.join(str(row.get('version')) for row in rows)}"],
        where=old_version,
    )


@check("gitlab.rest.created-at")
def test_created_at(registry: RegistryClient, gitlab: GitLab, new_name: NewName) -> None:
    """Between the Date of an answer before the upload and that of one after it, where they have one."""
    before = gitlab.call("GET", "/packages", {"per_page": 1})
    distribution = wheel(new_name("dated"), "1.0")
    expect.accepted(registry.upload(distribution))
    registry.accepted(distribution)
    package_id = ids_of_packages(gitlab, distribution.name).get("1.0")
    if package_id is None:
        raise Untestable("what this check publishes is not listed; see gitlab.rest.lists-packages")
    after = gitlab.call("GET", f"/packages/{package_id}")
    if after.status != 200:
        raise Untestable("the package that this check reads is not found; see gitlab.rest.package")
    files = gitlab.package_files(int(str(package_id)))
    stated = {"the package": after.json_object.get("created_at")}
    stated |= {str(file.get("file_name")): file.get("created_at") for file in files}
    earliest, latest = _date(before), _date(after)
    expect.rule(
        "`created_at` to be the time of the upload, in ISO 8601 with its offset",
        broken_by=[
            f"{text!r} of {what}" for what, text in stated.items() if not _is_between(text, earliest, latest)
        ],
        where=after,
    )


def _date(answer: Answer) -> datetime | None:
    """Return the Date of an answer; None without a valid one, which another row is about."""
    try:
        date = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo else None


def _is_between(text: object, earliest: datetime | None, latest: datetime | None) -> bool:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return False
    if moment.tzinfo is None:
        return False
    return (earliest is None or moment >= earliest - CLOCKS) and (latest is None or moment <= latest + CLOCKS)
