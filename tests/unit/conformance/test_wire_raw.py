"""A plain connection: what goes out goes out as it is, and what comes back is read by the book, or is nothing."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts.options import TrafficLimits
from conformance.wire import Budget, BudgetSpent, RawConnection, Redactor, Transcript, Unreachable
from conformance.wire.credential import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
"""Seconds within which a server answers, on a busy machine, too."""
SECRET = Credential(username="user", password="secret-" * 100)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(behave: Callable[[socket.socket], object]) -> Iterator[str]:
    """Serve one connection as `behave` does, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(PATIENCE)
                behave(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/upload?x=1"
        finally:
            thread.join(PATIENCE)


def connected(
    url: str, *, transcript: Transcript | None = None, requests: int = 9, patience: float = PATIENCE
) -> RawConnection:
    return RawConnection(
        url,
        credential=SECRET,
        credential_name="default",
        transcript=Transcript() if transcript is None else transcript,
        redact=Redactor([(SECRET.username, SECRET.password)]),
        budget=Budget(TrafficLimits(max_requests=requests)),
        patience=patience,
        answer_time=2 * PATIENCE,
        ca_bundle=None,
    )


def received(connection: socket.socket) -> bytes:
    """Read until the other side has said that it is at its end."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def answering(*pieces: bytes) -> Callable[[socket.socket], object]:
    """Read a header, and send these bytes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        for piece in pieces:
            connection.sendall(piece)

    return behave


def reset(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_bytes_go_out_as_they_are() -> None:
    seen: list[bytes] = []
    with server(lambda connection: seen.append(received(connection))) as url, connected(url) as connection:
        assert connection.request(
            "POST", "/%zz/../x", headers=[("X", "1"), ("X", "1")], body=b"\0", bare=True
        )
        connection.end()
    assert seen == [b"POST /%zz/../x HTTP/1.1\r\nX: 1\r\nX: 1\r\n\r\n\0"]


def test_an_absolute_target_is_the_url_of_its_answer() -> None:
    with server(answering(OK)) as url, connected(url) as connection:
        connection.request("GET", "http://registry.example.com/simple/")
        answer = connection.answer()
    assert answer is not None
    assert answer.url == "http://registry.example.com/simple/"


def test_a_host_and_a_credential_come_first() -> None:
    seen: list[bytes] = []
    with server(lambda connection: seen.append(received(connection))) as url, connected(url) as connection:
        connection.request("GET")
        connection.end()
    first, host, credential, *_ = seen[0].split(b"\r\n")
    assert (first, host) == (b"GET /upload?x=1 HTTP/1.1", b"Host: " + url.split("/")[2].encode())
    assert credential.startswith(b"Authorization: Basic ")


def test_answers_are_read_in_turn_and_the_end_is_seen() -> None:
    with server(answering(OK + OK.replace(b"200", b"201"))) as url, connected(url) as connection:
        connection.request("GET")
        answers = [connection.answer(), connection.answer()]
        assert [answer and (answer.status, answer.text) for answer in answers] == [(200, "ok"), (201, "ok")]
        assert connection.hung_up()
        assert not connection.silent


@pytest.mark.parametrize(
    "said", [b"", OK[:-1], b"HTTP/1.1 200", OK[:-6], b"\x15\x03\x01\r\n\r\n", b"nonsense"]
)
def test_what_breaks_off_or_is_not_http_is_no_answer(said: bytes) -> None:
    transcript = Transcript()
    with server(answering(said)) as url, connected(url, transcript=transcript) as connection:
        connection.request("GET")
        assert connection.answer() is None
        assert not connection.silent
    assert transcript.used[-1].reason == "no answer"


def test_a_reset_is_an_end() -> None:
    with server(reset) as url, connected(url) as connection:
        connection.request("GET")
        assert connection.answer() is None
        assert connection.hung_up()
        assert not connection.silent


def test_silence_differs_from_the_end_of_a_connection() -> None:
    with server(received) as url, connected(url, patience=0.2) as connection:
        connection.request("GET")
        assert connection.answer() is None
        assert connection.silent
        assert not connection.hung_up()
        connection.end()


def test_continue_is_asked_for_before_the_answer() -> None:
    interim = b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n"
    with server(answering(interim, OK)) as url, connected(url) as connection:
        connection.request("POST")
        assert connection.asks_for_body()
        answer = connection.answer()
        assert answer is not None
        assert answer.status == 200


@pytest.mark.parametrize(("said", "status"), [(OK, 200), (b"", None)])
def test_another_first_word_is_left_to_the_answer(said: bytes, status: int | None) -> None:
    with server(answering(said)) as url, connected(url) as connection:
        connection.request("POST")
        assert not connection.asks_for_body()
        answer = connection.answer()
        assert (answer and answer.status) == status


def test_sending_to_someone_who_has_left_is_no_error() -> None:
    with server(reset) as url, connected(url) as connection:
        connection.request("POST")
        assert connection.hung_up()
        assert not connection.send(b"x" * 10_000_000)


def test_no_secret_is_kept_not_even_its_beginning() -> None:
    transcript = Transcript()
    with server(answering(OK)) as url, connected(url, transcript=transcript) as connection:
        connection.request("GET", f"/{SECRET.password}", headers=[("X", SECRET.password)])
        connection.answer()
    (exchange,) = transcript.used
    assert exchange.request == "GET /*** (over a plain socket)"
    assert exchange.request_headers["Authorization"] == "Basic ***"
    assert exchange.request_headers["X"] == "***"


def test_a_request_is_paid_for() -> None:
    with server(received) as url, connected(url, requests=0) as connection, pytest.raises(BudgetSpent):
        connection.request("GET")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unreachable, match="no connection"):
        connected(f"http://127.0.0.1:{port}/")


def test_tls_that_fails_leaves_nothing_open() -> None:
    with server(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url, pytest.raises(Unreachable):
        connected(url.replace("http://", "https://"))
