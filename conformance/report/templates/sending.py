"""Requests as they were, over HTTP or byte for byte over a plain socket.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import zlib
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from conformance.report.templates.answers import NOTHING, Answer, read
from conformance.report.templates.following import CONDITIONS, followed, path_of

PATIENCE, SHORT_PATIENCE = 30, 10
"""Seconds to wait for an answer, and for one where none came earlier."""

CONTINUE = b"HTTP/1.1 100"
"""How a server asks for the body. Source: RFC 9110, 10.1.1."""


def over_http(
    step: dict[str, Any], target: str, login: list[list[str]], body: bytes, *, led: dict[str, str]
) -> Answer:
    """Send a request as it was, header for header, but for the validators of now in `led`."""
    parts = urlsplit(target)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    names_host = any(name.lower() == "host" for name, _ in step["headers"])
    connection.putrequest(step["method"], path_of(target), skip_host=names_host, skip_accept_encoding=True)
    for name, value in [*step["headers"], *login]:
        is_condition = name.lower() in CONDITIONS
        connection.putheader(name, followed(led, value) if is_condition else value)
    connection.endheaders(body or None)
    try:
        return read(connection.getresponse())
    except (HTTPException, EOFError, gzip.BadGzipFile, zlib.error):
        return NOTHING
    finally:
        connection.close()


def over_a_socket(
    step: dict[str, Any], target: str, login: list[list[str]], sent: bytes, *, led: dict[str, str]
) -> Answer:
    """Send the same bytes, with this host, and with the credential, which was not recorded."""
    parts, then = urlsplit(target), urlsplit(step["url"])
    sent = sent.replace(b"\r\nHost: " + then.netloc.encode(), b"\r\nHost: " + parts.netloc.encode(), 1)
    is_whole = b" " + step["url"].encode() + b" " in sent.partition(b"\r\n")[0]
    old, new = (step["url"], target) if is_whole else (path_of(step["url"]), path_of(target))
    sent = sent.replace(old.encode(), new.encode(), 1)
    head, blank, content = sent.partition(b"\r\n\r\n")
    sent = followed(led, head.decode("latin-1")).encode("latin-1") + blank + content
    lines = "".join(f"\r\n{name}: {value}" for name, value in login)
    sent = sent.replace(b"\r\n", lines.encode("latin-1") + b"\r\n", 1)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = socket.create_connection(
        (parts.hostname or "", port), timeout=PATIENCE if step["status"] else SHORT_PATIENCE
    )
    if parts.scheme == "https":
        connection = ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
    try:
        connection.sendall(sent)
        if step["ended"]:
            socket.socket.shutdown(connection, socket.SHUT_WR)
        if step["answer_ignored"]:
            return NOTHING
        response = HTTPResponse(connection, method=step["method"])
        if not content and response.fp.peek(len(CONTINUE)).startswith(CONTINUE):
            return Answer(100, {}, b"")  # what else would come is an answer to the body
        response.begin()
        return read(response, unpacked=False)  # as the result has it
    except (OSError, HTTPException, ValueError):
        return NOTHING
    finally:
        connection.close()
