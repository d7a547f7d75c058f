from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from reference_server.distributions import sdist, wheel
from reference_server.faults import Fault
from reference_server.rules.negotiation import SIMPLE_JSON

from .pages import SIMPLE, html_page, json_files, json_page

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules.registry import Registry

REASON = """bad "<>&' \u2702"""


@pytest.fixture
def full(registry: Registry) -> Registry:
    """A project with one of everything."""
    first = wheel("Demo", "1.0", requires_python=">=3.8,<4")
    for made in (
        first,
        sdist("Demo", "1.0", requires_python=None),
        wheel("Demo", "1!2.0+l.1", requires_python=None),
        wheel("Demo", "3.0rc1", requires_python='>="3"'),
    ):
        registry.publish(made.filename, made.content, name="Demo")
    registry.yank("demo", version="1!2.0+l.1")
    registry.yank("demo", filename="demo-1.0.tar.gz", reason=REASON)
    registry.attach_provenance("demo", first.filename, {"version": 1})
    registry.set_status("demo", "deprecated", reason=REASON)
    return registry


@pytest.mark.usefixtures("full")
def test_html_and_json_say_the_same(api: Any) -> None:
    page, body = html_page(api), json_page(api)
    only_json = {"size", "upload-time"}
    told = {
        name: {key: value for key, value in file.items() if key not in only_json}
        for name, file in json_files(api).items()
    }
    assert page.files == told
    assert len(told) == 4
    assert page.meta == {
        "pypi:repository-version": body["meta"]["api-version"],
        "pypi:project-status": body["project-status"]["status"],
        "pypi:project-status-reason": body["project-status"]["reason"],
    }


def test_json_has_what_the_specification_names(api: Any, full: Registry) -> None:
    body = json_page(api)
    assert set(body) == {"meta", "name", "versions", "files", "project-status"}
    assert body["meta"] == {"api-version": "1.4"}
    assert body["project-status"] == {"status": "deprecated", "reason": REASON}
    assert body["versions"] == ["1.0", "1!2.0+l.1", "3.0rc1"]
    stored = {
        file.filename: file for package in full.packages(full.gitlab_project("1")) for file in package.files
    }
    for filename, file in json_files(api).items():
        assert file["hashes"] == {"sha256": stored[filename].sha256}
        assert file["size"] == stored[filename].size
        assert file["upload-time"] == "2026-11-22T12:00:00.170000Z"
        url = urljoin(f"http://localhost/api/v4{SIMPLE}/demo/", file["url"])
        assert api.get(url.removeprefix("http://localhost/api/v4")).data == stored[filename].blob.read()
    yanked = {file["filename"]: file["yanked"] for file in body["files"]}
    assert list(yanked.values()) == [False, REASON, True, False]
    assert [file.get("requires-python") for file in body["files"]] == [">=3.8,<4", None, None, None]


def test_html_is_escaped(api: Any, full: Registry) -> None:
    full.set_status("demo", "deprecated", reason="</title><script>")
    text = html_page(api).text
    assert "<script>" not in text
    assert 'data-yanked=""' in text
    assert "data-dist-info-metadata" not in text


def test_an_active_project_says_nothing_of_its_status(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    assert "project-status" not in json_page(api)
    assert set(html_page(api).meta) == {"pypi:repository-version"}


def test_upload_times_are_in_utc_whatever_the_clock_says(api: Any, registry: Registry) -> None:
    registry.now = lambda: datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    file = registry.publish("demo-1.0.tar.gz", b"")
    assert json_files(api)["demo-1.0.tar.gz"]["upload-time"] == "2026-11-21T23:30:00.000000Z"
    answer = api.get(f"/projects/1/packages/pypi/files/{file.sha256}/demo-1.0.tar.gz")
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 23:30:00 GMT"


def test_versions_are_normalized_and_listed_once(api: Any, registry: Registry) -> None:
    for filename, version in (
        ("demo-1.0.tar.gz", "v1.0"),
        ("demo-1.0.0.tar.gz", "1.0.0"),
        ("demo-2.tar.gz", "2"),
    ):
        registry.publish(filename, b"", version=version)
    assert json_page(api)["versions"] == ["1.0", "2"]


def test_a_deleted_version_is_gone(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    registry.publish("demo-2.0.tar.gz", b"")
    registry.delete("demo", version="1.0.0")
    assert json_page(api)["versions"] == ["2.0"]


def test_the_root_in_json(api: Any, registry: Registry) -> None:
    registry.publish("Demo.Pkg-1.0-py3-none-any.whl", b"", name="Demo.Pkg")
    registry.publish("another-1.0.tar.gz", b"")
    answer = api.get(f"{SIMPLE}/", headers={"Accept": SIMPLE_JSON})
    assert answer.json == {
        "meta": {"api-version": "1.4"},
        "projects": [{"name": "another"}, {"name": "demo-pkg"}],
    }


@pytest.mark.parametrize("accept", [SIMPLE_JSON, "text/html"])
def test_an_unknown_project_is_404_in_every_serialization(api: Any, accept: str) -> None:
    answer = api.get(f"{SIMPLE}/unknown/", headers={"Accept": accept})
    assert (answer.status_code, answer.json) == (404, {"message": "404 Package Not Found"})


class Untrue(Fault):
    """Says what cannot be."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Take the place of some keys, and add others."""
        changed = page.each(
            lambda file: replace(
                file,
                size=None,
                core_metadata=True,
                keys={"yanked": None, "x": [1]},
                attributes={"data-x": "1"},
            )
        )
        return replace(changed, versions=None, repository_version=None, keys={"name": "Other"})


def test_a_fault_can_say_anything(api_with: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    api = api_with(Untrue())
    body = api.get(f"{SIMPLE}/demo/", headers={"Accept": SIMPLE_JSON}).json
    (file,) = body["files"]
    assert (body["name"], body["meta"], "versions" in body) == ("Other", {}, False)
    assert (file["yanked"], file["x"], file["core-metadata"], "size" in file) == (None, [1], True, False)
    text = api.get(f"{SIMPLE}/demo/").text
    assert 'data-core-metadata="true" data-x="1"' in text
    assert "repository-version" not in text


def test_another_api_version(api: Any, registry: Registry) -> None:
    registry.publish("demo-1.0.tar.gz", b"")
    registry.rules = replace(registry.rules, api_version="1.0")
    older = type(api)(registry)
    assert json_page(older)["meta"] == {"api-version": "1.0"}
    assert html_page(older).meta == {"pypi:repository-version": "1.0"}
