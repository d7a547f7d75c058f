"""A folder that several servers share, what is damaged in it, and an upstream that refuses."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Timer
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.model.errors import UpstreamError
from reference_server.sources import flights
from reference_server.sources.kept_upstream import KeptUpstream
from reference_server.sources.upstream import Upstream

from .scripted_index import DEMO, METADATA, Mirrored, Script, mirrored, only_loopback, running, script

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["mirrored", "only_loopback", "running", "script"]

PROVENANCE = json.dumps({"version": 1, "attestation_bundles": []}).encode()


@pytest.fixture
def restarted(mirrored: Mirrored, tmp_path: Path) -> Callable[[], Mirrored]:
    """Return another mirror with the same folder."""
    return lambda: Mirrored(replace(mirrored.upstream, keep=tmp_path / "kept"))


@pytest.mark.parametrize("links", [True, False])
def test_a_server_leaves_the_file_in_place_that_another_serves(
    restarted: Callable[[], Mirrored],
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    links: bool,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    script.page()
    first = restarted()
    assert first.file().data == DEMO.content
    (file,) = first.mirror.files("demo")
    listed = replace(file, digests={"sha256": DEMO.sha256})
    again = KeptUpstream(tmp_path / "kept", first.upstream.index).put_file(listed, file.blob)
    assert file.blob.read() == again.read() == DEMO.content
    (incoming,) = tmp_path.rglob(".incoming")
    assert not list(incoming.iterdir())


def test_a_page_stays_when_a_kept_file_was_touched(restarted: Callable[[], Mirrored], script: Script) -> None:
    hashes = {"sha256": DEMO.sha256, "md5": hashlib.md5(DEMO.content, usedforsecurity=False).hexdigest()}
    script.page(hashes=hashes)
    first = restarted()
    assert first.file().data == DEMO.content
    (file,) = first.mirror.files("demo")
    assert isinstance(file.blob.content, Path)
    os.utime(file.blob.content, (1, 1))
    script.page(hashes=hashes, yanked="later")
    assert first.entry()["yanked"] == "later"
    assert first.file().data == DEMO.content
    assert first.entry()["hashes"]["sha256"] == DEMO.sha256


def test_a_damaged_document_without_a_stated_hash_is_fetched_again(
    restarted: Callable[[], Mirrored], script: Script, tmp_path: Path
) -> None:
    script.page(**{"core-metadata": True, "provenance": "/p"})
    script.answers["/p"] = (200, {}, PROVENANCE)
    first = restarted()
    assert first.file(".metadata").data == METADATA
    assert first.client.get(first.entry()["provenance"]).data == PROVENANCE
    assert restarted().file(".metadata").data == METADATA
    assert script.counts[f"/packages/{DEMO.filename}.metadata"] == 1
    for suffix in (".metadata", ".provenance"):
        (kept,) = tmp_path.rglob(DEMO.filename + suffix)
        kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    again = restarted()
    assert again.file(".metadata").data == METADATA
    assert script.counts[f"/packages/{DEMO.filename}.metadata"] == 2
    script.answers["/p"] = (503, {}, b"")
    assert again.client.get(again.entry()["provenance"]).status_code == 502


@pytest.mark.parametrize("status", [401, 403])
def test_what_the_upstream_refuses_is_served_from_no_folder(
    restarted: Callable[[], Mirrored], script: Script, status: int
) -> None:
    script.page(provenance="/p")
    script.answers["/p"] = (200, {}, PROVENANCE)
    first = restarted()
    assert first.file().data == DEMO.content
    url = first.entry()["provenance"]
    assert first.client.get(url).data == PROVENANCE
    permitted = script.answers["/simple/demo/"]
    script.answers["/p"] = (status, {}, b"")
    assert first.client.get(url).status_code == 502
    script.answers["/simple/demo/"] = (status, {}, b"")
    for server in (first, restarted()):
        assert server.page().status_code == 502
        assert server.client.get(f"/files/{DEMO.sha256}/{DEMO.filename}").status_code == 502
    for passing in (429, 503):
        script.answers["/simple/demo/"] = (passing, {}, b"")
        assert restarted().entry()["filename"] == DEMO.filename
    script.answers["/simple/demo/"] = permitted
    assert first.file().data == DEMO.content
    assert script.counts[f"/packages/{DEMO.filename}"] == 1


def test_what_a_killed_server_was_writing_is_removed_an_hour_later(tmp_path: Path) -> None:
    incoming = tmp_path / hashlib.sha256(b"index").hexdigest()[:16] / ".incoming"
    incoming.mkdir(parents=True)
    for name in ("old", "new"):
        (incoming / name).touch()
    os.utime(incoming / "old", (1, 1))
    KeptUpstream(tmp_path, "index")
    assert [path.name for path in incoming.iterdir()] == ["new"]


def test_two_mirrors_that_name_each_other_do_not_wait_for_each_other() -> None:
    first, second = (ReferenceServer(flavour="pypi", upstream="http://127.0.0.1:9/") for _ in range(2))
    with first, second, ThreadPoolExecutor(2) as pool:
        met = Barrier(2)
        for server, other in ((first, second), (second, first)):
            mirror = server.mirror
            mirror.upstream = Upstream(url=other.index_url, timeout=2)
            asked = mirror._fetcher.get

            def get(url: str, headers: dict[str, str], *, asked: Any = asked) -> Any:
                if not headers["Via"]:  # of a client: both are under way
                    met.wait(30)
                return asked(url, headers)

            mirror._fetcher.get = get  # type: ignore[method-assign]
        answers = list(
            pool.map(lambda each: requests.get(f"{each.index_url}demo/", timeout=30), (first, second))
        )
    assert {each.status_code for each in answers} & {504} == set()


def test_who_waits_takes_no_result_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, again, released = Event(), Event(), Event()

    class Slow(Future[bool]):
        def set_result(self, result: bool) -> None:  # noqa: FBT001 - as it is called
            super().set_result(result)
            again.wait(1)  # those who waited for it go on meanwhile

    monkeypatch.setattr(flights, "Future", Slow)
    shared, works = flights.Flights(failure=UpstreamError), list[str]()

    def work() -> bool:
        (again if works else begun).set()
        works.append("")
        assert released.wait(30)
        return False

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.share, "key", work)
        assert begun.wait(30)
        second = pool.submit(shared.share, "key", work)
        Timer(0.05, released.set).start()
        first.result()
        second.result()
    assert len(works) == 2
