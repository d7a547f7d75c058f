"""A request as the application sees it: its path with `%2F` kept, its credentials, its body."""

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
from reference_server.model import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from _typeshed.wsgi import WSGIEnvironment

    from reference_server.flavours import Flavour
    from reference_server.http.expect_continue import AwaitedBody
    from reference_server.rules.registry import Registry

CHUNK = 64 * 1024
DRAIN_LIMIT = 1024 * 1024 * 1024  # bytes of a refused body that are still read, so that the answer is seen
DRAIN_PATIENCE = 1.0  # seconds without a byte until the client is taken to be waiting for us

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROJECT_REFERENCE = re.compile(r"(?<=/projects/)(?!\d+(?:/|$)).+?(?=/packages(?:/|$)|$)")


class Request(WerkzeugRequest):
    """`endpoint` names the route (see `reference_server.app.routes`), or is empty when there is none.

    `registry` is what the request is for; `flavour` is where its URLs are.
    """

    registry: Registry
    flavour: Flavour
    endpoint: str = ""
    arguments: Mapping[str, Any] = MappingProxyType({})

    @cached_property
    def routed_path(self) -> str:
        """The decoded path below the mount point, in which an encoded slash is still `%2F`.

        Raises `BadRequest` for control characters, bad escapes and what is not UTF-8.
        """
        raw = self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI")
        path = _decoded(_raw_path(raw, self.environ)) if raw else _reencoded(self.environ)
        if _CONTROL.search(path):
            raise BadRequest
        return path

    @cached_property
    def credentials(self) -> Credentials:
        """What the request presents. Headers that GitLab does not read here are not read here."""
        try:
            authorization = self.authorization
        except ValueError:  # werkzeug decodes Base64 of ASCII letters only
            authorization = None
        basic = bearer = None
        if authorization is not None and authorization.type == "basic":
            basic = (authorization.username or "", authorization.password or "")
        elif authorization is not None and authorization.type == "bearer":
            bearer = authorization.token or ""
        return Credentials(
            basic=basic,
            bearer=bearer,
            private_token=self.headers.get("PRIVATE-TOKEN") or None,
            deploy_token=self.headers.get("DEPLOY-TOKEN") or None,
        )

    @cached_property
    def body(self) -> IO[bytes]:
        """The body, never read beyond its end. Everybody has to read from this one."""
        return get_input_stream(self.environ)

    @cached_property
    def notes(self) -> dict[object, Any]:
        """What alterations keep while this request is answered, each under itself."""
        return {}

    @property
    def connection(self) -> socket.socket | None:
        """The connection, where this process holds it: other servers keep it to themselves."""
        connection: socket.socket | None = self.environ.get("werkzeug.socket")
        return connection

    def reset(self) -> None:
        """End the connection with a reset, at once. Only where this process holds the connection."""
        connection = self.connection
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())

    def write_raw(self, data: bytes) -> None:
        """Send bytes outside of any answer. Only where this process holds the connection."""
        connection = self.connection
        if connection is not None:
            connection.sendall(data)

    def drain(self) -> None:
        """Read what is left of the body: a client that still sends would not see the answer.

        Only where this process holds the connection; other servers see to it themselves.
        """
        connection = self.connection
        awaited: AwaitedBody | None = self.environ.get(AWAITED)
        if connection is None or (awaited is not None and awaited.hush()):
            return
        left = DRAIN_LIMIT
        try:
            connection.settimeout(DRAIN_PATIENCE)
            while left > 0 and (data := self.body.read(min(CHUNK, left))):
                left -= len(data)
        except (ClientDisconnected, OSError):
            return


def _raw_path(raw: str, environ: WSGIEnvironment) -> bytes:
    path = raw.partition("?")[0] if raw.startswith("/") else urlsplit(raw).path
    return path.removeprefix(environ.get("SCRIPT_NAME", "")).encode("latin-1")


def _decoded(path: bytes) -> str:
    if _BAD_ESCAPE.search(path):
        raise BadRequest
    return _utf8(unquote_to_bytes(_ENCODED_SLASH.sub(b"%252F", path)))


def _reencoded(environ: WSGIEnvironment) -> str:
    """Servers that only pass the decoded path lose `%2F`; it can be told where a full path stood."""
    path = _utf8(environ.get("PATH_INFO", "").encode("latin-1"))
    return _PROJECT_REFERENCE.sub(lambda match: match[0].replace("/", "%2F"), path, count=1)


def _utf8(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        raise BadRequest from error
