"""One request in the log."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.http.request_log import redaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from _typeshed.wsgi import WSGIEnvironment

    from reference_server.model import Caller

LONGEST_PATH = 1000  # characters
LONGEST_VALUE = 500  # characters of a header field
MOST_FIELDS = 50
LONGEST_FORM_VALUE = 200  # characters
LONGEST_BODY = 2000  # bytes
CERTIFICATE_NAME = "SSL_CLIENT_S_DN_CN"
"""The key in the WSGI environment of the name that a client's certificate is issued to."""

_TOKEN_FIELDS = {
    "HTTP_PRIVATE_TOKEN": "private-token",
    "HTTP_DEPLOY_TOKEN": "deploy-token",
    "HTTP_JOB_TOKEN": "job-token",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """The distribution in an upload form: its file name, its size in bytes, and the text fields without secrets.

    Long values are cut.
    """

    filename: str
    size: int
    fields: Mapping[str, tuple[str, ...]]


class Entry:
    """One request and its answer. Secrets are replaced by `[hidden]`, and long values are cut.

    The server fills in the answer: a request without one has the status None.
    """

    __slots__ = (
        "_body",
        "_headers",
        "_started",
        "broken_off",
        "caller",
        "certificate",
        "credential",
        "faults",
        "host",
        "method",
        "name",
        "number",
        "path",
        "project",
        "received",
        "refusal",
        "route",
        "seconds",
        "sent",
        "status",
        "target",
        "time",
        "upload",
        "username",
    )

    def __init__(self, number: int, now: datetime, environ: WSGIEnvironment) -> None:
        self.number = number
        """The position among all requests of this registry, from 1, in the order of arrival."""
        self.time = now
        self.method: str = environ.get("REQUEST_METHOD", "")
        self.host: str = environ.get("HTTP_HOST", "").rpartition("@")[2][:LONGEST_VALUE]
        self.path = _text(environ.get("PATH_INFO", ""))[:LONGEST_PATH]
        """The decoded path."""
        self.target = _target(environ)
        """The path and the query, as they were sent."""
        self.route = ""
        """The name of the route, such as `project_page`; empty for none (see `reference_server.app.routes`)."""
        self.project = ""
        """The project in the URL, as it is spelled there."""
        self.faults: tuple[str, ...] = ()
        """The names of the faults that were on for this request."""
        self.credential, self.username = "", ""
        """What was sent to authenticate: `basic`, `bearer`, `private-token`, `deploy-token`, `job-token`, `cookie` or
        `query`; empty for nothing. And the user name of Basic credentials."""
        self.certificate: str = environ.get(CERTIFICATE_NAME, "")[:LONGEST_VALUE]
        """The name that the client's certificate is issued to; empty without one."""
        self.caller, self.name = kind(None), ""
        """The kind of the caller, in words, and the name of the user or of the deploy token."""
        self.status: int | None = None
        self.refusal = ""
        """Why the registry refused the request, in its own words; empty for what a fault or a prepared answer says."""
        self.sent = 0
        """Bytes of the body that were sent."""
        self.received = 0
        """Bytes of the body that were read."""
        self.upload: Upload | None = None
        self.broken_off = False
        """Whether the connection was closed before the end of the answer."""
        self.seconds: float | None = None
        """The time until the end of the answer; None before."""
        self._body = b""
        self._started = time.perf_counter()
        self._headers = self._read(environ)

    def again(self, number: int, now: datetime, arrived: float) -> Entry:
        """Return the entry of an equal request with an equal answer, of which nothing is sent yet."""
        entry: Entry = Entry.__new__(Entry)
        for name in Entry.__slots__:  # in a quarter of the time of copy()
            setattr(entry, name, getattr(self, name))
        entry.number, entry.time, entry.sent, entry.seconds = number, now, 0, None
        entry.broken_off = False
        entry._started = arrived
        return entry

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, under names in lower case."""
        return {name[5:].replace("_", "-").lower(): value for name, value in self._headers} | (
            {"content-type": self._content_type} if self._content_type else {}
        )

    @property
    def query(self) -> str:
        """The query, without the question mark."""
        return self.target.partition("?")[2]

    @property
    def body(self) -> str:
        """The beginning of a body that is no upload form, as text."""
        return redaction.body(self._body.decode("utf-8", "replace"), self._content_type)

    @property
    def client(self) -> str:
        """The name of the client, such as `pip`: the first word of its User-Agent."""
        return self.headers.get("user-agent", "").partition("/")[0].strip().lower()

    def __repr__(self) -> str:
        return f"<request {self.number}: {self.method} {self.target} {self.status}>"

    def answered(self, status: int, caller: Caller | None) -> None:
        """Fill in the status, and the caller: None where no credentials were looked at."""
        self.status = status
        self.caller, self.name = kind(caller), caller.name if caller else ""

    def refused(self, reason: str) -> None:
        """Fill in why the registry refused the request."""
        self.refusal = redaction.url(reason)[:LONGEST_VALUE]

    def ended(self) -> None:
        """Fill in the time."""
        self.seconds = time.perf_counter() - self._started

    def read(self, data: bytes) -> None:
        """Count a piece of the body, and keep the beginning of one that is no upload form."""
        self.received += len(data)
        if len(self._body) < LONGEST_BODY and not self._content_type.startswith("multipart/"):
            self._body += data[: LONGEST_BODY - len(self._body)]

    def uploads(self, filename: str, size: int, fields: Mapping[str, Iterable[str]]) -> None:
        """Fill in the distribution of an upload form."""
        kept = {name[:LONGEST_FORM_VALUE]: values for name, values in [*fields.items()][:MOST_FIELDS]}
        cut = {
            name: tuple(
                redaction.HIDDEN if redaction.is_secret(name) else value[:LONGEST_FORM_VALUE]
                for value in [*values][:MOST_FIELDS]
            )
            for name, values in kept.items()
        }
        self.upload = Upload(filename[:LONGEST_PATH], size, cut)

    @property
    def _content_type(self) -> str:
        return next((value for name, value in self._headers if name == "HTTP_CONTENT_TYPE"), "")

    def _read(self, environ: WSGIEnvironment) -> tuple[tuple[str, str], ...]:
        """Return the header fields without secrets, and note which credentials there are."""
        found = []
        for name, value in environ.items():
            if name.startswith("HTTP_"):
                if redaction.is_secret(name):
                    self._note_credential(name, value)
                    found.append((name, redaction.header_value(value)[:LONGEST_VALUE]))
                elif name == "HTTP_HOST":
                    found.append((name, self.host))
                else:
                    found.append((name, (redaction.url(value) if "//" in value else value)[:LONGEST_VALUE]))
        content_type = environ.get("CONTENT_TYPE")
        if content_type:
            found.append(("HTTP_CONTENT_TYPE", content_type[:LONGEST_VALUE]))
        if redaction.HIDDEN in self.target:
            self.credential = self.credential or "query"
        return tuple(found[:MOST_FIELDS])

    def _note_credential(self, name: str, value: str) -> None:
        if name == "HTTP_AUTHORIZATION":
            self.credential = value.strip().partition(" ")[0].lower()[:LONGEST_FORM_VALUE]
            self.username = redaction.user_name(value)[:LONGEST_FORM_VALUE]
        elif not self.credential:
            self.credential = _TOKEN_FIELDS.get(name) or name[5:].replace("_", "-").lower()


def kind(caller: Caller | None) -> str:
    """Return the kind of a caller, in words."""
    if caller is None:
        return "not identified"
    if caller.deploy_token:
        return "deploy token"
    if caller.job_project is not None:
        return "CI job token"
    return "personal access token" if caller.user else "anonymous"


def _text(path: str) -> str:
    """Return a path of WSGI as text."""
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def _target(environ: WSGIEnvironment) -> str:
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if not raw:
        query = environ.get("QUERY_STRING", "")
        raw = _text(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")) + (query and f"?{query}")
    plain = "?" not in raw and "@" not in raw
    return (raw if plain else redaction.url(raw))[:LONGEST_PATH]
