"""The published JSON Schemas: what they take, and what they refuse."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import requests
from jsonschema import Draft202012Validator

from conformance.pages import JSON_V1
from conformance.pages.schemas import VERSIONS, schema
from reference_server.distributions import sdist, wheel
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], object]

ROOT: dict[str, Any] = {
    "meta": {"api-version": "1.0", "_last-serial": 7},
    "projects": [{"name": "Frob", "_last-serial": 7}, {"name": "spam.eggs_9"}],
}
PROJECT: dict[str, Any] = {
    "meta": {"api-version": "1.0"},
    "name": "holy-grail",
    "versions": ["1.0", "1!2.0+local"],
    "files": [
        {
            "filename": "holy_grail-1.0.tar.gz",
            "url": "../../files/holy_grail-1.0.tar.gz",
            "hashes": {"sha256": "00ffAA", "blake2b": "11"},
            "requires-python": ">=3.7",
            "core-metadata": {"sha256": "00"},
            "dist-info-metadata": {"sha256": "00"},
            "yanked": "Had a vulnerability",
            "size": 0,
            "upload-time": "2026-11-22T00:59:01.123456Z",
            "provenance": "https://files.example.com/provenance/1",
        },
        {
            "filename": "holy_grail-1!2.0+local-py3-none-any.whl",
            "url": "https://files.example.com/holy_grail.whl",
            "hashes": {},
            "requires-python": None,
            "core-metadata": False,
            "gpg-sig": True,
            "yanked": False,
            "size": 12,
            "upload-time": "2026-11-22T00:59:01Z",
            "provenance": None,
            "_downloads": 3,
        },
    ],
    "project-status": {"status": "archived", "reason": "finished"},
}


def of_version(document: dict[str, Any], version: str) -> dict[str, Any]:
    return {**deepcopy(document), "meta": {"api-version": version}}


def objections(page: Any, version: str, document: object) -> list[str]:
    """Return where the schema objects to a document."""
    errors = Draft202012Validator(schema(page, version)).iter_errors(document)
    return sorted("/".join(map(str, error.absolute_path)) for error in errors)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("page", ["root", "project"])
def test_they_are_schemas(page: Any, version: str) -> None:
    found = schema(page, version)
    Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("draft/2020-12/schema")
    assert found["$id"] == f"urn:registry-conformance:simple:{version}:{page}"


@pytest.mark.parametrize("version", VERSIONS)
def test_they_take_pages_of_their_version_and_of_later_ones(version: str) -> None:
    for declared in (version, "1.4", "1.10"):
        assert objections("root", version, of_version(ROOT, declared)) == []
        assert objections("project", version, of_version(PROJECT, declared)) == []


@pytest.mark.parametrize("declared", ["1.0", "1.2", "1.3", "2.4", "1.4.0", "v1.4", "1", "", 1.4, None])
def test_they_refuse_pages_of_earlier_versions_and_what_is_no_version(declared: Any) -> None:
    assert objections("root", "1.4", of_version(ROOT, declared)) == ["meta/api-version"]
    assert objections("project", "1.4", of_version(PROJECT, declared)) == ["meta/api-version"]


def test_version_1_0_needs_no_later_key() -> None:
    old = of_version(PROJECT, "1.0")
    del old["versions"], old["project-status"]
    for file in old["files"]:
        del file["size"], file["upload-time"], file["provenance"]
    assert objections("project", "1.0", old) == []
    assert objections("project", "1.1", of_version(old, "1.1")) == ["", "files/0", "files/1"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        [ROOT],
        "text",
        {"meta": {"api-version": "1.4"}},
        {"projects": []},
        {"meta": [], "projects": []},
        {"meta": {}, "projects": []},
        {"meta": {"api-version": "1.4"}, "projects": {}},
        {"meta": {"api-version": "1.4"}, "projects": ["frob"]},
        {"meta": {"api-version": "1.4"}, "projects": [{}]},
        {"meta": {"api-version": "1.4"}, "projects": [{"name": 1}]},
        {"meta": {"api-version": "1.4"}, "projects": [{"name": "../frob"}]},
    ],
)
def test_what_is_no_root(document: object) -> None:
    assert objections("root", "1.4", document) != []


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("", lambda page: page.pop("meta")),
        ("", lambda page: page.pop("name")),
        ("", lambda page: page.pop("files")),
        ("", lambda page: page.pop("versions")),
        ("name", lambda page: page.update(name="Holy_Grail")),
        ("files", lambda page: page.update(files={})),
        ("files/0", lambda page: page.update(files=["holy_grail-1.0.tar.gz"])),
        ("versions", lambda page: page.update(versions=None)),
        ("versions", lambda page: page.update(versions=["1.0", "1.0"])),
        ("versions/0", lambda page: page.update(versions=[1.0])),
        ("project-status", lambda page: page.update({"project-status": "archived"})),
        ("project-status", lambda page: page.update({"project-status": {"state": "archived"}})),
        ("project-status/status", lambda page: page["project-status"].update(status="Archived")),
        ("project-status/reason", lambda page: page["project-status"].update(reason=None)),
    ],
)
def test_what_is_no_page_of_a_project(where: str, change: Change) -> None:
    page = of_version(PROJECT, "1.4")
    change(page)
    assert objections("project", "1.4", page) == [where]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filename", ""),
        ("filename", None),
        ("filename", "folder/file.whl"),
        ("filename", "folder\\file.whl"),
        ("url", ""),
        ("url", None),
        ("hashes", None),
        ("hashes", "sha256=00"),
        ("hashes/sha256", {"sha256": "not hex"}),
        ("hashes/sha256", {"sha256": "000"}),
        ("hashes/sha256", {"sha256": ""}),
        ("requires-python", 3),
        ("core-metadata", None),
        ("core-metadata", "sha256=00"),
        ("core-metadata", {"sha256": 1}),
        ("dist-info-metadata", "true"),
        ("gpg-sig", "true"),
        ("yanked", ""),
        ("yanked", None),
        ("yanked", 1),
        ("size", None),
        ("size", "12"),
        ("size", 1.5),
        ("size", True),
        ("size", -1),
        ("upload-time", None),
        ("upload-time", "yesterday"),
        ("upload-time", "2026-11-22T00:59:01"),
        ("upload-time", "2026-11-22T00:59:01+00:00"),
        ("upload-time", "2026-11-22T00:59:01.1234567Z"),
        ("upload-time", "2026-13-22T00:59:01Z"),
        ("provenance", False),
        ("provenance", "/provenance/1"),
    ],
)
def test_what_is_no_file(key: str, value: object) -> None:
    page = of_version(PROJECT, "1.4")
    page["files"][1][key.partition("/")[0]] = value
    assert objections("project", "1.4", page) == [f"files/1/{key}"]


@pytest.mark.parametrize("key", ["filename", "url", "hashes", "size"])
def test_a_file_without_what_it_needs(key: str) -> None:
    page = of_version(PROJECT, "1.4")
    del page["files"][1][key]
    assert objections("project", "1.4", page) == ["files/1"]


def test_an_unknown_schema() -> None:
    with pytest.raises(FileNotFoundError):
        schema("root", "1.2")


def test_the_reference_server_fits() -> None:
    with ReferenceServer() as server:
        for each in (wheel("Holy.Grail", "1.0", requires_python=">=3.8"), sdist("Holy.Grail", "1.1")):
            server.registry.publish(each.filename, each.content, name=each.name)
        server.registry.yank("holy-grail", version="1.0", reason="Had a vulnerability")
        server.registry.attach_provenance("holy-grail", each.filename, {"version": 1})
        server.registry.set_status("holy-grail", "archived", reason="finished")
        assert objections("root", "1.4", fetched(server, "")) == []
        page = fetched(server, "holy-grail/")
        assert {"versions", "project-status"} <= page.keys()
        assert [file["yanked"] for file in page["files"]] == ["Had a vulnerability", False]
        assert "provenance" in page["files"][1]
        assert objections("project", "1.4", page) == []


def fetched(server: ReferenceServer, path: str) -> Any:
    answer = requests.get(
        f"{server.index_url}{path}",
        auth=(server.username, server.password),
        headers={"Accept": JSON_V1},
        timeout=10,
    )
    return answer.json()
