"""Requests are those of `requests.Session`, byte for byte; their answers are taken as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import create_server
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.exceptions import InvalidSchema

from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript
from conformance.wire.basic_auth import BasicAuth
from conformance.wire.connections import Connections
from conformance.wire.credential import Credential
from conformance.wire.decoding import CODINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socket import socket

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nSet-Cookie: a=b\r\n\r\n"
KEY = Credential(username="jane", password="pässword", scheme="basic")

REQUESTS: dict[str, dict[str, Any]] = {
    "GET": {},
    "GET as a caller": {"credential": KEY},
    "GET with fields": {"headers": {"accept": "text/x", "X-Other": "1", "Range": "bytes=0-1"}},
    "GET without fields": {"headers": {"User-Agent": None, "Accept-Encoding": None}},
    "HEAD": {},
    "POST": {"body": b"\x00--form", "headers": {"Content-Type": "multipart/form-data"}, "credential": KEY},
    "POST without a body": {"body": b""},
    "PUT": {"body": b"{}"},
    "DELETE": {"credential": KEY},
    "get": {},
}


@contextmanager
def peer(answer: bytes, *, times: int = 1) -> Iterator[tuple[str, Callable[[], list[bytes]]]]:
    """Answer connections, and yield the address and what returns the requests."""

    def take() -> bytes:
        connection, _ = listener.accept()
        with connection:
            received = connection.recv(65536)
            header, _, body = received.partition(b"\r\n\r\n")
            lengths = [line for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            while lengths and len(body) < int(lengths[0].split(b":")[1]):
                body += connection.recv(65536)
            connection.sendall(answer)
            return header + b"\r\n\r\n" + body

    with create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        taken = [pool.submit(take) for _ in range(times)]
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: [each.result() for each in taken]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_that_of_requests(name: str) -> None:
    method, more = (
        name.split(maxsplit=1)[0],
        {"headers": {}, "body": None, "credential": None} | REQUESTS[name],
    )
    plain = requests.Session()
    plain.trust_env = False
    plain.headers["Accept-Encoding"] = CODINGS
    with peer(ANSWER, times=2) as (origin, received):
        connections = Connections(TrafficLimits(), None)
        answer = connections.send(method, f"{origin}/a b?c=ü", **more)
        auth = BasicAuth(more["credential"]) if more["credential"] else None
        plain.request(
            method, f"{origin}/a b?c=ü", headers=more["headers"], data=more["body"], auth=auth, timeout=60
        )
        assert answer.status_code == 200
        ours, theirs = received()
    assert ours == theirs
    connections.close()
    plain.close()


def test_no_cookie_is_sent_back() -> None:
    connections = Connections(TrafficLimits(), None)
    with peer(ANSWER, times=2) as (origin, received):
        for _ in range(2):
            connections.send("GET", origin, headers={}, body=None, credential=None)
        assert not any(b"cookie" in each.lower() for each in received())
    connections.close()


def test_hosts_that_are_asked_in_turn_each_get_their_own_requests() -> None:
    connections = Connections(TrafficLimits(), None)
    with peer(ANSWER, times=2) as (one, received_by_one), peer(ANSWER, times=2) as (other, received_by_other):
        for number in range(2):
            for origin in (one, other):
                url = f"{origin}/{number}"
                answer = connections.send("GET", url, headers={}, body=None, credential=None)
                assert (answer.status_code, answer.url) == (200, url)
        assert [each.split()[1] for each in received_by_one()] == [b"/0", b"/1"]
        assert [each.split()[1] for each in received_by_other()] == [b"/0", b"/1"]
    connections.close()


def test_connections_that_were_closed_are_opened_again() -> None:
    connections = Connections(TrafficLimits(), None)
    with peer(ANSWER, times=2) as (origin, received):
        for _ in range(2):
            connections.send("GET", origin, headers={}, body=None, credential=None)
            connections.close()
        assert len(received()) == 2


def test_fields_of_one_name_are_one_field_of_the_answer() -> None:
    connections = Connections(TrafficLimits(), None)
    answer = ANSWER.replace(b"\r\n\r\n", b"\r\nVary: Accept\r\nvary: Cookie\r\n\r\n")
    with peer(answer) as (origin, received):
        found = connections.send("GET", origin, headers={}, body=None, credential=None)
        received()
    assert found.headers["VARY"] == "Accept, Cookie"
    connections.close()


@pytest.mark.parametrize("location", ["http://[::1", "http://host:port/", "//", "\x01"])
def test_a_redirect_that_leads_to_no_url_is_an_answer(location: str) -> None:
    session = Session(transcript=Transcript(), redact=Redactor([]), limits=TrafficLimits())
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with peer(answer.encode()) as (origin, received):
        found = session.send("GET", origin, credential=None, credential_name="anonymous")
        received()
    assert (found.status, found.headers["Location"]) == (302, location)
    session.close()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/file", "httpx://127.0.0.1/"])
def test_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(InvalidSchema, match="expected a URL of HTTP, found"):
        Connections(TrafficLimits(), None).send("GET", url, headers={}, body=None, credential=None)


def _answering(status: bytes, listener: socket) -> list[int]:
    """Answer the first request of each connection, and close it when another one comes; return how many came."""
    accepted = 0
    listener.settimeout(60)
    with listener:
        while True:
            connection, _ = listener.accept()
            accepted += 1
            with connection:
                received = connection.recv(65_536)
                if b"/end" in received:
                    connection.sendall(ANSWER)
                    return [accepted]
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
                connection.recv(65_536)


@pytest.mark.parametrize(
    "status", [b"401 Unauthorized", b"413 Content Too Large", b"503 Service Unavailable"]
)
def test_an_upload_follows_no_refusal_on_its_connection(status: bytes) -> None:
    listener = create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    connections = Connections(TrafficLimits(), None)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(_answering, status, listener)
        for _ in range(3):
            answer = connections.send("POST", f"{url}/", headers={}, body=b"form", credential=None)
            assert answer.status_code == int(status[:3])
        connections.send("POST", f"{url}/end", headers={}, body=b"form", credential=None)
        assert running.result(60) == [4]
