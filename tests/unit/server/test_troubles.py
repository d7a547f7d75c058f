"""Trouble in transit as a client sees it, and the conditions of a switch."""

from __future__ import annotations

import gzip
import time
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import (
    FaultOptionError,
    Switch,
    UnknownFaultError,
    all_faults,
    fault_named,
    switch_from_table,
    switch_from_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEEL = wheel("waggon", "1.0")
FILE = f"/api/v4/projects/2/packages/pypi/files/{WHEEL.sha256}/{WHEEL.filename}"
PAGE = "/api/v4/projects/2/packages/pypi/simple/waggon/"
ROOT = "/api/v4/projects/2/packages/pypi/simple/"


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        server.registry.publish(WHEEL.filename, WHEEL.content, gitlab_project=2)
        yield server


def put(server: ReferenceServer, *faults: str) -> None:
    server.switchboard.put(faults)


def fetch(server: ReferenceServer, path: str, **headers: str) -> bytes:
    with urlopen(Request(server.origin + path, headers=headers), timeout=10) as answer:  # noqa: S310 - loopback
        return bytes(answer.read())


def status(server: ReferenceServer, path: str) -> int:
    try:
        with urlopen(server.origin + path, timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_downloads_are_truncated(server: ReferenceServer) -> None:
    put(server, "truncated-downloads")
    with pytest.raises(IncompleteRead) as caught:
        fetch(server, FILE)
    assert caught.value.partial == WHEEL.content[: len(WHEEL.content) // 2]
    assert b"waggon" in fetch(server, PAGE)


def test_an_invalid_switch_changes_nothing(server: ReferenceServer) -> None:
    put(server, "truncated-downloads")
    with pytest.raises(UnknownFaultError):
        put(server, "unavailable", "absent")
    assert [switch.fault.name for switch in server.switchboard.switches()] == ["truncated-downloads"]


def test_pages_are_truncated(server: ReferenceServer) -> None:
    put(server, "truncated-pages")
    with pytest.raises(IncompleteRead):
        fetch(server, PAGE)
    assert fetch(server, FILE) == WHEEL.content


def test_downloads_are_corrupted(server: ReferenceServer) -> None:
    put(server, "corrupted-downloads")
    received = fetch(server, FILE)
    assert len(received) == len(WHEEL.content)
    assert sum(a != b for a, b in zip(received, WHEEL.content, strict=True)) == 1


def test_connections_are_closed_without_an_answer(server: ReferenceServer) -> None:
    put(server, "no-answer")
    with pytest.raises(RemoteDisconnected):
        fetch(server, PAGE)


def test_connections_are_reset(server: ReferenceServer) -> None:
    put(server, "connections-reset")
    with pytest.raises((URLError, ConnectionResetError)) as caught:
        fetch(server, PAGE)
    assert "reset" in str(caught.value).lower()


def test_answers_are_not_http(server: ReferenceServer) -> None:
    put(server, "not-http")
    with pytest.raises((BadStatusLine, URLError)):
        fetch(server, PAGE)


def test_answers_are_delayed(server: ReferenceServer) -> None:
    put(server, "latency,seconds=0.2")
    before = time.monotonic()
    fetch(server, PAGE)
    assert time.monotonic() - before >= 0.2


def test_bodies_drip(server: ReferenceServer) -> None:
    put(server, "slow-drip,bytes_at_once=400,seconds=0.02")
    before = time.monotonic()
    assert fetch(server, FILE) == WHEEL.content
    assert time.monotonic() - before >= 0.02 * (len(WHEEL.content) // 400)


def test_the_connection_closes_after_a_silence(server: ReferenceServer) -> None:
    put(server, "silence,seconds=0.1")
    with pytest.raises(RemoteDisconnected):
        fetch(server, PAGE)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("too-many-requests", 429),
        ("unavailable", 503),
        ("internal-errors", 500),
        ("bad-gateway", 502),
        ("login-page", 200),
    ],
)
def test_statuses_replace_the_answer(server: ReferenceServer, fault: str, expected: int) -> None:
    put(server, fault)
    assert status(server, PAGE) == expected


def test_retry_after(server: ReferenceServer) -> None:
    put(server, "too-many-requests,retry_after=7")
    with pytest.raises(HTTPError) as caught:
        fetch(server, PAGE)
    caught.value.close()
    assert caught.value.headers["Retry-After"] == "7"


def test_redirects_are_endless(server: ReferenceServer) -> None:
    put(server, "endless-redirect")
    assert status(server, PAGE) == 302


def test_downloads_are_redirected(server: ReferenceServer) -> None:
    with ReferenceServer(registry=server.registry) as other:
        put(server, f"files-elsewhere,to={other.origin}")
        assert fetch(server, FILE) == WHEEL.content
        assert other.requests.total == 1


def test_pages_are_labelled_as_compressed(server: ReferenceServer) -> None:
    put(server, "broken-gzip")
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(fetch(server, PAGE))


def test_pages_are_stale(server: ReferenceServer) -> None:
    put(server, "stale-index")
    before = fetch(server, PAGE)
    newer = wheel("waggon", "2.0")
    server.registry.publish(newer.filename, newer.content, gitlab_project=2)
    assert fetch(server, PAGE) == before


def test_ranges_are_advertised(server: ReferenceServer) -> None:
    put(server, "ranges-promised")
    assert fetch(server, FILE, Range="bytes=0-9") == WHEEL.content


def test_for_the_first_requests_only(server: ReferenceServer) -> None:
    put(server, "unavailable,first=2")
    assert [status(server, PAGE) for _ in range(4)] == [503, 503, 200, 200]


def test_after_some_requests(server: ReferenceServer) -> None:
    put(server, "unavailable,after=1,first=1")
    assert [status(server, PAGE) for _ in range(4)] == [200, 503, 200, 200]


def test_only_requests_that_the_fault_can_affect_are_counted(server: ReferenceServer) -> None:
    put(server, "truncated-downloads,first=1")
    assert b"waggon" in fetch(server, PAGE)
    with pytest.raises(IncompleteRead):
        fetch(server, FILE)
    assert fetch(server, FILE) == WHEEL.content


def test_on_some_paths_only(server: ReferenceServer) -> None:
    put(server, "unavailable,path=/files/")
    assert (status(server, PAGE), status(server, FILE)) == (200, 503)


def test_for_one_method_only(server: ReferenceServer) -> None:
    put(server, "unavailable,method=head")
    assert status(server, PAGE) == 200


def test_by_chance_and_reproducibly(server: ReferenceServer) -> None:
    def drawn(seed: int) -> list[int]:
        put(server, f"unavailable,probability=0.5,seed={seed}")
        return [status(server, ROOT) for _ in range(20)]

    first = drawn(1)
    assert set(first) == {200, 503}
    assert drawn(1) == first
    assert drawn(2) != first


def test_several_at_once(server: ReferenceServer) -> None:
    put(server, "no-hashes", "unavailable,first=1")
    assert status(server, PAGE) == 503
    assert b"#sha256=" not in fetch(server, PAGE)


def test_faults_given_at_the_start() -> None:
    faults = [
        fault_named("no-hashes"),
        Switch(fault=fault_named("unavailable"), first=1),
        "latency,seconds=0",
    ]
    with ReferenceServer(faults=faults) as server:
        names = [switch.fault.name for switch in server.switchboard.switches()]
        assert names == ["no-hashes", "unavailable", "latency"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("no-hashs", UnknownFaultError, "did you mean 'no-hashes'?"),
        ("qqq", UnknownFaultError, "reference-server faults"),
        (
            "latency,minutes=1",
            FaultOptionError,
            "no option 'minutes'; its options are seconds, path, method, first",
        ),
        ("no-hashes,minutes=1", FaultOptionError, "its options are path, method"),
        ("latency,seconds=long", FaultOptionError, "needs a number for seconds"),
        ("latency,first=x", FaultOptionError, "first='x' is not a number"),
        ("latency,path=(", FaultOptionError, "is not a regular expression"),
        ("latency,probability=2", FaultOptionError, "between 0 and 1"),
        ("latency,often", FaultOptionError, "OPTION=VALUE"),
    ],
)
def test_an_invalid_switch_is_explained(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        switch_from_text(text)


@pytest.mark.parametrize(
    "text", ["no-hashes", "latency,seconds=0.5,first=2,path=/files/,probability=0.1,seed=3"]
)
def test_a_switch_survives_a_round_trip(text: str) -> None:
    switch = switch_from_text(text)
    table = switch.as_json()
    assert switch_from_table(table).as_json() == table


@pytest.mark.parametrize("kind", [kind for kind in all_faults() if kind.family == "trouble"], ids=str)
def test_every_trouble_has_a_summary(kind: type) -> None:
    fault = kind()
    assert fault.summary.endswith(".")
    assert fault.seams
