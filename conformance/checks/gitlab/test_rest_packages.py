"""What GitLab's own API says of one package."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.scenarios import ids_of_packages
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.kit.fixtures import Corpus, GitLab
    from conformance.kit.http import Answer


SKEW = timedelta(minutes=5)
"""What the clocks of one instance may differ by."""


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


@check("gitlab.rest.created-at")
def test_created_at(old_version: Answer) -> None:
    """Compared with the time of the registry's own answer, whatever the time is here."""
    stated = old_version.json_object.get("created_at")
    try:
        created = datetime.fromisoformat(stated) if isinstance(stated, str) else None
    except ValueError:
        created = None
    expect.rule(
        "`created_at` to be a time with its offset from UTC, as in `2019-11-27T03:37:38.711Z`",
        broken_by=[] if created and created.tzinfo else [json.dumps(stated)],
        where=old_version,
    )
    if created and (described := _date_of(old_version)) and created > described + SKEW:
        raise Deviation(
            expected="a package to be created before it is described",
            found=f"{stated}, described at {described:%Y-%m-%dT%H:%M:%SZ}",
            where=str(old_version),
        )


def _date_of(answer: Answer) -> datetime | None:
    """Return the time of an answer; None where it has none, or one in another form."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None


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
