"""A request with its path (encoded slashes kept), its credentials and its body."""

from __future__ import annotations

import os
import re
import socket
import struct
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from werkzeug import Request as WerkzeugRequest
from werkzeug.exceptions import BadRequest, ClientDisconnected
from werkzeug.wsgi import get_input_stream

from reference_server.http.expect_continue import AWAITED
from reference_server.http.field_lines import FIELD_NAMES
from reference_server.model import Caller, Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from _typeshed.wsgi import WSGIEnvironment

    from reference_server.flavours.flavour import Flavour
    from reference_server.http.expect_continue import AwaitedBody
    from reference_server.http.request_log.entry import Entry
    from reference_server.rules.registry import Registry

CHUNK = 64 * 1024
DRAIN_LIMIT = 1024 * 1024 * 1024  # bytes of a refused body to read, so that the client gets the answer
DRAIN_PATIENCE = 1.0  # seconds without a byte, after which the client is waiting for the answer

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REFERENCES = (
    re.compile(
        r"^(/(?:api/v4|-/reference)/projects/)(?!\d+(?:/|$))(.+?)"
        r"(?=/(?:packages|deploy_tokens|job_tokens|job_token_scope)(?:/|$)|$)"
    ),
    re.compile(r"^(/api/v4/groups/)(?!\d+(?:/|$))(.+?)(?=/-/packages(?:/|$)|/packages$|$)"),
)


class Request(WerkzeugRequest):
    """A request. `endpoint` is the name of its route (see `reference_server.app.routes`), or empty without one.

    `registry` is the registry that it acts on; `flavour` defines the URLs. `caller` is None until the credentials
    have been checked. `entry` is its place in the log, which pages for people have not.
    """

    entry: Entry
    registry: Registry
    flavour: Flavour
    endpoint: str = ""
    caller: Caller | None = None
    arguments: Mapping[str, Any] = MappingProxyType({})

    @cached_property
    def routed_path(self) -> str:
        """The decoded path below the mount point. An encoded slash stays `%2F`.

        Raises `BadRequest` for control characters, bad escapes and invalid UTF-8.
        """
        raw = self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI")
        path = _decoded(_raw_path(raw, self.environ)) if raw else _reencoded(self.environ)
        if _CONTROL.search(path):
            raise BadRequest
        return path

    @cached_property
    def credentials(self) -> Credentials:
        """The credentials in the header fields, and in the parameter of the query, that GitLab reads for packages."""
        try:
            authorization = self.authorization
        except ValueError:  # werkzeug refuses Base64 with other letters than ASCII
            authorization = None
        basic = bearer = None
        if authorization is not None and authorization.type == "basic":
            basic = (authorization.username or "", authorization.password or "")
        elif authorization is not None and authorization.type == "bearer":
            bearer = authorization.token or ""
        return Credentials(
            basic=basic,
            bearer=bearer,
            private_token=self.headers.get("PRIVATE-TOKEN") or self.args.get("private_token") or None,
            deploy_token=self.headers.get("DEPLOY-TOKEN") or None,
            job_token=self.headers.get("JOB-TOKEN") or None,
        )

    @cached_property
    def body(self) -> IO[bytes]:
        """The body, which ends with the request. The only stream to read it from."""
        return get_input_stream(self.environ)

    @cached_property
    def notes(self) -> dict[object, Any]:
        """What alterations keep for the duration of this request, each under itself."""
        return {}

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the header fields as they were sent; none where another server holds the connection."""
        names: tuple[str, ...] = self.environ.get(FIELD_NAMES, ())
        return names

    @property
    def connection(self) -> socket.socket | None:
        """The connection, if this process holds it; other servers do not expose it."""
        connection: socket.socket | None = self.environ.get("werkzeug.socket")
        return connection

    def reset(self) -> None:
        """Reset the connection at once, if this process holds it."""
        connection = self.connection
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())

    def write_raw(self, data: bytes) -> None:
        """Send bytes outside of any answer, if this process holds the connection."""
        connection = self.connection
        if connection is not None:
            connection.sendall(data)

    def drain(self) -> None:
        """Read the rest of the body: a client that is still sending would miss the answer.

        A proxy in front would answer 502 in its place. A body that the client holds back until it is asked for is
        left alone.
        """
        awaited: AwaitedBody | None = self.environ.get(AWAITED)
        if awaited.cancel() if awaited is not None else self._is_held_back:
            return
        left = DRAIN_LIMIT
        try:
            if self.connection is not None:
                self.connection.settimeout(DRAIN_PATIENCE)
            while left > 0 and (data := self.body.read(min(CHUNK, left))):
                left -= len(data)
        except (ClientDisconnected, OSError):
            return

    @property
    def _is_held_back(self) -> bool:
        """Whether another server holds the connection, and may not have asked for the body yet."""
        return self.connection is None and "HTTP_EXPECT" in self.environ


def _raw_path(raw: str, environ: WSGIEnvironment) -> bytes:
    path = raw.partition("?")[0] if raw.startswith("/") else urlsplit(raw).path
    return path.removeprefix(environ.get("SCRIPT_NAME", "")).encode("latin-1")


def _decoded(path: bytes) -> str:
    if _BAD_ESCAPE.search(path):
        raise BadRequest
    return _utf8(unquote_to_bytes(_ENCODED_SLASH.sub(b"%252F", path)))


def _reencoded(environ: WSGIEnvironment) -> str:
    """Restore `%2F` in a full project path, which servers lose that only pass the decoded path."""
    path = _utf8(environ.get("PATH_INFO", "").encode("latin-1"))
    for reference in _REFERENCES:
        path = reference.sub(lambda match: match[1] + match[2].replace("/", "%2F"), path)
    return path


def _utf8(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        raise BadRequest from error
