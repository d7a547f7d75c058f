"""What a mirror keeps over a restart, what its clients share, and provenance objects through it."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.model.errors import PackageNotFoundError, UpstreamError
from reference_server.sources.flights import Flights
from reference_server.sources.upstream import Upstream

from .scripted_index import DEMO, METADATA, Mirrored, Script, mirrored, only_loopback, running, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from werkzeug import Request

__all__ = ["mirrored", "only_loopback", "running", "script"]

PROVENANCE = json.dumps({"version": 1, "attestation_bundles": []}).encode()
WHERE = "/integrity/demo/1.0/x/provenance"


# restarts


@pytest.fixture
def restarted(mirrored: Mirrored, tmp_path: Path) -> Callable[[], Mirrored]:
    """Return a mirror as after a new start, with what earlier ones have kept."""
    return lambda: Mirrored(replace(mirrored.upstream, keep=tmp_path / "kept"))


def test_what_was_fetched_is_served_offline_after_a_restart(
    restarted: Callable[[], Mirrored], script: Script, tmp_path: Path
) -> None:
    script.page(provenance=f"../..{WHERE}")
    script.answers[WHERE] = (200, {}, PROVENANCE)
    first = restarted()
    before = first.entry(), first.file().data, first.file(".metadata").data
    assert first.client.get(before[0]["provenance"]).data == PROVENANCE
    first.mirror.close()
    script.answers.clear()
    script.answers["/simple/demo/"] = (503, {}, b"")
    script.answers[WHERE] = (503, {}, b"")
    again = restarted()
    assert (again.entry(), again.file().data, again.file(".metadata").data) == before
    assert again.client.get(before[0]["provenance"]).data == PROVENANCE
    assert again.page("other").status_code == 404
    assert [each for each in script.counts if "packages" in each] == [
        f"/packages/{DEMO.filename}",
        f"/packages/{DEMO.filename}.metadata",
    ]
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file()} == {0}


def test_a_kept_page_is_asked_for_again_and_gone_when_the_upstream_has_it_no_more(
    restarted: Callable[[], Mirrored], script: Script
) -> None:
    script.page(headers={"ETag": '"1"'})
    restarted().entry()

    def unchanged(request: Request) -> Any:
        return (304, {}, b"") if request.headers.get("If-None-Match") == '"1"' else (500, {}, b"")

    script.answers["/simple/demo/"] = unchanged
    assert restarted().entry()["filename"] == DEMO.filename
    script.answers["/simple/demo/"] = (404, {}, b"")
    assert restarted().page().status_code == 404
    script.answers["/simple/demo/"] = (503, {}, b"")
    assert restarted().page().status_code == 502


def test_nothing_damaged_and_nothing_without_a_hash_is_used_again(
    restarted: Callable[[], Mirrored], script: Script, tmp_path: Path
) -> None:
    script.page()
    assert restarted().file().data == DEMO.content
    (kept,) = tmp_path.rglob(DEMO.filename)
    (page,) = tmp_path.rglob("pages/demo")
    for path in (kept, page):
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert restarted().file().data == DEMO.content
    assert script.counts[f"/packages/{DEMO.filename}"] == 2
    running = restarted()
    assert running.file().data == DEMO.content
    (kept,) = tmp_path.rglob(DEMO.filename)
    kept.unlink()
    assert running.file().data == DEMO.content  # of a server that runs meanwhile
    assert script.counts[f"/packages/{DEMO.filename}"] == 3
    page.write_bytes(page.read_bytes()[:-1] + b"x")
    script.answers["/simple/demo/"] = (503, {}, b"")
    assert restarted().page().status_code == 502
    script.page(hashes={})
    for expected in (4, 5):
        assert restarted().file().data == DEMO.content
        assert script.counts[f"/packages/{DEMO.filename}"] == expected
    script.page(headers={"Cache-Control": "no-store"})
    assert restarted().page().status_code == 200
    script.answers["/simple/demo/"] = (503, {}, b"")
    assert restarted().page().status_code == 502


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nothing(
    mirrored: Mirrored, script: Script, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    script.page()
    blocked = Mirrored(replace(mirrored.upstream, keep=tmp_path / "file"))
    assert blocked.file().data == DEMO.content
    assert f"{DEMO.filename} is not kept: " in caplog.text


def test_the_directory_of_a_store_keeps_it_and_a_reset_removes_it(
    mirrored: Mirrored, script: Script, tmp_path: Path
) -> None:
    script.page()
    upstream = mirrored.upstream
    for url in (upstream.url, upstream):
        with ReferenceServer(store=tmp_path / "store", upstream=url) as server:
            server.mirror.bring_file(DEMO.sha256, DEMO.filename)
            assert script.counts[f"/packages/{DEMO.filename}"] == 1
            assert server.mirror.files("demo")[0].is_fetched
    with ReferenceServer(store=tmp_path / "store", upstream=upstream) as server:
        server.reset()
        server.mirror.bring_file(DEMO.sha256, DEMO.filename)
    assert script.counts[f"/packages/{DEMO.filename}"] == 2


# many clients at once


def test_clients_that_wait_share_one_fetch_and_its_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(12) as pool:
        upstream = Upstream(url=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.5)
        slow = Mirrored(upstream)
        begun = time.monotonic()
        answers = list(pool.map(lambda _: slow.page().status_code, range(12)))
        assert answers == [504] * 12
        assert time.monotonic() - begun < 4  # 12 timeouts would be 6 seconds


def test_clients_that_wait_get_a_page_that_was_asked_for_after_they_came(
    mirrored: Mirrored, script: Script
) -> None:
    script.page()
    reached, goes_on = Event(), Event()
    old = script.answers["/simple/demo/"]

    def slow(_request: Request) -> Any:
        if script.counts["/simple/demo/"] > 1:
            return script.answers["new"]
        reached.set()
        assert goes_on.wait(30)
        return old

    script.page("x", yanked="later")
    script.answers["new"] = script.answers["/simple/x/"]
    script.answers["/simple/demo/"] = slow
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(mirrored.entry)
        assert reached.wait(30)
        others = [pool.submit(mirrored.entry) for _ in range(5)]
        goes_on.set()
        assert first.result()["yanked"] in {"broken", "later"}
        assert {each.result()["yanked"] for each in others} == {"later"}
    assert script.counts["/simple/demo/"] <= 6


def test_a_result_is_shared_as_far_as_it_is_still_good() -> None:
    flights, calls = Flights(failure=UpstreamError), list[str]()

    def shared(outcomes: list[Any]) -> list[bool | Exception | None]:
        """Let one thread work while three wait. Returns what each ended with; later turns take later outcomes."""
        reached, goes_on, left = Event(), Event(), outcomes

        def work() -> bool:
            calls.append("")
            outcome = left.pop(0)
            reached.set()
            assert goes_on.wait(30)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        def ended() -> bool | Exception | None:
            try:
                flights.share("key", work)
            except Exception as error:  # noqa: BLE001 - what the test looks at
                return error
            return None

        calls.clear()
        with ThreadPoolExecutor(4) as pool:
            leader = pool.submit(ended)
            assert reached.wait(30)
            waiters = [pool.submit(ended) for _ in range(3)]
            Thread(target=lambda: (time.sleep(0.05), goes_on.set())).start()
            return [leader.result(), *(each.result() for each in waiters)]

    assert shared([True]) == [None] * 4
    assert len(calls) == 1
    failure, absent = UpstreamError("down"), PackageNotFoundError()
    assert shared([failure]) == [failure] * 4
    assert len(calls) == 1
    assert shared([absent, True, True, True]) == [absent, None, None, None]
    assert 1 < len(calls) <= 4
    assert shared([False] * 4) == [None] * 4
    assert 1 < len(calls) <= 4


# provenance


@pytest.mark.parametrize("link", [f"../..{WHERE}", WHERE])
def test_provenance_is_passed_on_as_it_is_and_as_it_becomes(
    mirrored: Mirrored, script: Script, link: str
) -> None:
    script.page(provenance=link)
    script.answers[WHERE] = (200, {}, PROVENANCE)
    url = mirrored.entry()["provenance"]
    assert url == f"http://localhost/integrity/demo/1.0/{DEMO.filename}/provenance"
    answer = mirrored.client.get(url)
    assert answer.data == PROVENANCE
    assert answer.content_type == "application/vnd.pypi.integrity.v1+json"
    newer = json.dumps({"version": 1, "attestation_bundles": [{}]}).encode()
    script.answers[WHERE] = (200, {}, newer)
    assert mirrored.client.get(url).data == newer
    script.answers[WHERE] = (503, {}, b"")
    assert mirrored.client.get(url).data == newer
    assert mirrored.client.get(url.replace("/1.0/", "/1.1/")).status_code == 404
    assert mirrored.client.get(url.replace("demo-1.0", "demo-1.1")).status_code == 404
    script.page()
    assert mirrored.client.get(url).status_code == 404
    assert "provenance" not in mirrored.entry()
    assert mirrored.file(".metadata").data == METADATA


@pytest.mark.parametrize(
    ("answer", "status"),
    [((404, {}, b""), 404), ((500, {}, b""), 502), ((200, {}, b"[1]"), 502), ((200, {}, b"{"), 502)],
)
def test_provenance_that_is_none_is_not_passed_on(
    mirrored: Mirrored, script: Script, answer: Any, status: int
) -> None:
    script.html(f'<a href="/packages/{DEMO.filename}" data-provenance="http://127.0.0.1/never">x</a>')
    assert mirrored.entry()["provenance"].endswith("/provenance")
    script.page(provenance=WHERE)
    script.answers[WHERE] = answer
    assert mirrored.client.get(mirrored.entry()["provenance"]).status_code == status


def test_provenance_in_the_layout_of_gitlab(script: Script, mirrored: Mirrored) -> None:
    script.page(provenance=WHERE)
    script.answers[WHERE] = (200, {}, PROVENANCE)

    with ReferenceServer(upstream=mirrored.upstream, gitlab_projects=["a/b"]) as server:
        auth = (server.username, server.password)
        for index in (server.index_url, server.gitlab_project("a/b").index_url):
            page = requests.get(
                f"{index}demo/",
                auth=auth,
                headers={"Accept": "application/vnd.pypi.simple.v1+json"},
                timeout=10,
            )
            url = page.json()["files"][0]["provenance"]
            assert url.startswith(index.removesuffix("simple/"))
            assert requests.get(url, auth=auth, timeout=10).content == PROVENANCE
