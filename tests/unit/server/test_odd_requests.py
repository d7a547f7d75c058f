"""Requests that are whole, and odd: each gets the answer that says so."""

from __future__ import annotations

import gzip
import socket
from typing import TYPE_CHECKING, Any

import pytest

from conformance.wire import upload_form
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from .conftest import Api

UPLOAD = "/projects/1/packages/pypi"
FORM = upload_form(wheel("demo", "1.0"))


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [("gzip", gzip.compress(FORM.body(), mtime=0), 415), ("gzip", b"", 415), ("Identity", FORM.body(), 201)],
    ids=["compressed", "empty", "as it is"],  # not the bytes: those have the time in them, and workers differ
)
def test_a_form_that_is_compressed_is_of_an_unsupported_type(
    api: Api, encoding: str, body: bytes, status: int
) -> None:
    more: dict[str, Any] = {"data": body, "content_type": FORM.content_type}
    answer = api.request("POST", UPLOAD, headers={"Content-Encoding": encoding}, **more)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("given", ["Basic \u00ff%", "Basic \u00ff", "Basic =", "Basic"])
def test_a_credential_of_other_than_ascii_letters_is_none(api: Api, given: str) -> None:
    answer = api.request("GET", UPLOAD + "/simple/", password=None, headers={"Authorization": given})
    assert answer.status_code == 401


@pytest.mark.parametrize(("lengths", "status"), [(("4", "6"), b"400"), (("4", "4"), b"404")])
def test_two_lengths_are_refused_where_they_differ(
    lengths: tuple[str, ...], status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    del caplog  # takes what the server says of it
    head = ["POST /nowhere HTTP/1.1", "Host: x", f"PRIVATE-TOKEN: {PASSWORD}"]
    head += [f"Content-Length: {length}" for length in lengths]
    with ReferenceServer() as server:
        host, port = server.origin.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall("\r\n".join([*head, "", ""]).encode() + b"\r\n" * 3)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 " + status)
