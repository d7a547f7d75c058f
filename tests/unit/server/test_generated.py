"""A generated index: its pages and wheels are made when they are asked for, always the same, and can be changed."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server.commands.main import main
from reference_server.distributions import wheel
from reference_server.rendering import html, json
from reference_server.rendering.large_page import ManyProjects, PackedPage
from reference_server.rendering.pages import ProjectLink, RootPage
from reference_server.serving.in_process import ReferenceServer
from reference_server.sources import generated
from reference_server.sources.generated import GeneratedIndex, GeneratedNames, GeneratedStore
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.model import Package

JSON = "application/vnd.pypi.simple.v1+json"
PROJECTS = 40
FIRST = "generated-0000000"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(generated=GeneratedIndex(projects=PROJECTS, files=12)) as server:
        yield server


def get(server: ReferenceServer, path: str = "", *, accept: str = JSON, **headers: str) -> requests.Response:
    url = path if path.startswith("http") else server.index_url + path
    return requests.get(
        url, headers={"Accept": accept, **headers}, auth=(server.username, server.password), timeout=30
    )


def names(server: ReferenceServer) -> list[str]:
    return [each["name"] for each in get(server).json()["projects"]]


def files(server: ReferenceServer, name: str) -> list[dict[str, Any]]:
    answer = get(server, f"{name}/")
    return list(answer.json()["files"]) if answer.status_code == 200 else []


def test_both_forms_list_every_project_in_every_encoding(server: ReferenceServer) -> None:
    wanted = [f"generated-{number:07}" for number in range(PROJECTS)]
    assert names(server) == wanted
    for accept in ("text/html", JSON):
        plain = get(server, accept=accept, **{"Accept-Encoding": "identity"})
        packed = get(server, accept=accept, **{"Accept-Encoding": "gzip"})
        assert plain.content == packed.content
        assert packed.headers["Content-Encoding"] == "gzip"
        assert all(plain.text.count(f"{name}/") == (accept != JSON) for name in wanted)
        assert get(server, accept=accept, **{"If-None-Match": packed.headers["ETag"]}).status_code == 304


def test_files_are_valid_wheels_with_the_hashes_of_the_page(server: ReferenceServer) -> None:
    listed = {name: files(server, name) for name in (FIRST, "generated-0000003")}
    assert [len(each) for each in listed.values()] == [12, 4]
    page = get(server, f"{FIRST}/").url
    for file in (listed[FIRST][-1], listed["generated-0000003"][0]):
        url = requests.compat.urljoin(page, file["url"])
        content = get(server, url).content
        assert hashlib.sha256(content).hexdigest() == file["hashes"]["sha256"]
        assert len(content) == file["size"]
        archive = zipfile.ZipFile(io.BytesIO(content))
        inside = next(each for each in archive.namelist() if each.endswith("METADATA"))
        assert archive.read(inside) == get(server, f"{url}.metadata").content


def test_what_no_project_is_called_is_not_found(server: ReferenceServer) -> None:
    for name in (f"generated-{PROJECTS:07}", "generated-1", "generated-00000001", "generated-" + "9" * 99):
        assert get(server, f"{name}/").status_code == 404


def test_it_is_the_same_again_and_what_is_changed_stays_changed() -> None:
    with ReferenceServer(generated=GeneratedIndex(projects=3)) as server:
        before = files(server, FIRST)
        server.publish(wheel(FIRST, "9"))
        server.publish(wheel("another", "1"))
        for project in (1, 2):
            server.registry.delete(f"generated-000000{project}")
            assert files(server, f"generated-000000{project}") == []
        assert len(files(server, FIRST)) == len(before) + 1
        assert names(server) == ["another", FIRST]
        server.reset()
        assert (files(server, FIRST), len(names(server))) == (before, 3)


def test_only_so_many_files_are_remembered_and_no_change_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generated, "KEPT_FILES", 10)
    store = GeneratedStore(GeneratedIndex(projects=100))
    first = store.packages_named(1, FIRST)
    changed = store.packages_named(1, "generated-0000001")
    store.remove_package(changed[0].id)
    serial = store.serial(1)
    for number in range(2, 30):
        assert len(store.packages_named(1, f"generated-{number:07}")) == 1 + number % 5
    assert len(store.packages(1)) <= 10
    assert store.serial(1) == serial
    assert [each.version for each in store.packages_named(1, "generated-0000001")] == ["1.1"]
    again = store.packages_named(1, FIRST)
    assert [each.files[0].digests["sha256"] for each in again] == [
        each.files[0].digests["sha256"] for each in first
    ]
    assert hashlib.md5(again[0].files[0].blob.read()).hexdigest() == again[0].files[0].digests["md5"]  # noqa: S324


def test_nothing_is_left_of_a_forgotten_project_and_its_page_stays_valid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generated, "KEPT_FILES", 10)
    store = GeneratedStore(GeneratedIndex(projects=100))
    serial = store.serial(1, FIRST)
    for number in range(1, 100):
        assert store.serial(1, f"generated-{number:07}") == serial
    assert len(store._serials) + len(store._packages_by_name) <= 2 * 10 + 1
    assert store.serial(1, FIRST) == serial
    store.forget()
    assert store.serial(1, FIRST) > serial


def test_a_further_project_costs_no_look_at_those_that_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []
    plain = MemoryStore.packages_named

    def counted(store: MemoryStore, owner: int, name: str) -> tuple[Package, ...]:
        looked_at.append(name)
        return plain(store, owner, name)

    monkeypatch.setattr(MemoryStore, "packages_named", counted)
    store = GeneratedStore(GeneratedIndex(projects=50))
    for number in range(1, 50):
        store.packages_named(1, f"generated-{number:07}")
    assert len(looked_at) <= 2 * 50


def test_a_project_that_was_changed_before_it_was_asked_for_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generated, "KEPT_FILES", 10)
    store = GeneratedStore(GeneratedIndex(projects=100))
    other = GeneratedStore(GeneratedIndex(projects=1)).packages_named(1, FIRST)[0]
    store.put_package(dataclasses.replace(other, id=store.next_id(), version="9"))
    serial = store.serial(1, FIRST)
    for number in range(1, 30):
        store.packages_named(1, f"generated-{number:07}")
    assert "9" in [each.version for each in store.packages_named(1, FIRST)]
    assert store.serial(1, FIRST) == serial


def test_every_project_and_the_index_have_the_serials_of_their_pages() -> None:
    with ReferenceServer(flavour="pypi", generated=GeneratedIndex(projects=3)) as server:

        def serials() -> tuple[int, dict[str, int]]:
            page = get(server).json()
            entries = {each["name"]: each["_last-serial"] for each in page["projects"]}
            pages = {name: get(server, f"{name}/").json()["meta"]["_last-serial"] for name in entries}
            assert entries == pages
            assert get(server).json() == page  # to ask for a project changes nothing
            assert page["meta"]["_last-serial"] >= max(entries.values())
            return page["meta"]["_last-serial"], entries

        index, before = serials()
        assert index == max(before.values())
        server.publish(wheel(FIRST, "9"))  # before it was asked for
        server.registry.yank("generated-0000001")
        later, after = serials()
        assert later == after["generated-0000001"] > after[FIRST] > index
        assert after["generated-0000002"] == before["generated-0000002"]
        server.reset()
        assert min(serials()[1].values()) > later


def test_pieces_are_the_page() -> None:
    stored = ProjectLink(name="A&B", url="a-b/")
    many = ManyProjects((stored,), GeneratedNames(20_000, frozenset({3})))
    assert (len(many), many[0], many[-1].name, len(many[1:9])) == (20_000, stored, "generated-0019999", 8)
    for written in (html, json):
        whole = written.root_page(RootPage(projects=tuple(many), keys={"_x": 1}))
        packed = PackedPage(
            partial(written.root_pieces, RootPage(projects=many, keys={"_x": 1})), "text/html", identity="x"
        )
        assert packed.size is None
        made = b"".join(packed.gzipped())
        assert gzip.decompress(made) == whole
        assert packed.size == len(whole)
        assert b"".join(packed.gzipped()) == made
        assert b"".join(packed.pieces()) == whole
        other = PackedPage(partial(list, [whole]), "text/html", identity="y")
        assert b"".join(other.pieces()) == b"".join(other.pieces()) == whole
        assert other.digest != packed.digest


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--generated-files", "3"], "--generated-projects"),
        (["--generated-projects", "3", "--store", "x"], "together"),
    ],
)
def test_options_that_contradict_each_other(
    options: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *options]) == 2
    assert why in capsys.readouterr().err
