"""Answers that are given again: an equal request gets an equal answer until the state changes.

No rule stands here, and no header field is understood. The key of a request has everything that an answer can
depend on: each header field, the path, the query and the address. A request that differs in anything is answered in
full.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from reference_server.app.handlers.sending import LastingAnswer
from reference_server.http.request_log.entry import CERTIFICATE_NAME
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from _typeshed.wsgi import WSGIEnvironment

    from reference_server.http.request import Request
    from reference_server.http.request_log.entry import Entry
    from reference_server.model.blob import Blob
    from reference_server.rules.rules import Rules

LIMIT = 4096
LONGEST_FILE = 256 * 1024  # bytes: longer files are sent piece by piece

READING = frozenset({"GET", "HEAD"})
ADDRESS = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "RAW_URI",
    "REQUEST_URI",
    "CONTENT_TYPE",  # a header field under another name
    "SERVER_PROTOCOL",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
    CERTIFICATE_NAME,
)
"""What an answer can depend on in the WSGI environment beside the header fields."""


def are_own(rules: Rules) -> bool:
    """Return whether every rule is a function of this package or of Python: those depend on their arguments alone."""
    functions = (getattr(rules, each.name) for each in fields(rules))
    return all(_is_own(each) for each in functions if callable(each))


def _is_own(function: Callable[..., object]) -> bool:
    module: str | None = getattr(function, "__module__", None)
    if module is None:  # a method of a built-in type: bound to an object, it depends on that
        return not hasattr(function, "__self__")
    return module.partition(".")[0] in {"builtins", "reference_server"}


class Asked(NamedTuple):
    """The key of a request, and when it arrived: in this edition of the store, on this day, which ends tokens."""

    key: bytes
    edition: object
    day: date

    @property
    def state(self) -> tuple[object, date]:
        """What an answer depends on beside the request."""
        return self.edition, self.day


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the server was given for a request, and the request in the log. A blob is opened for each answer."""

    status: str
    headers: tuple[tuple[str, str], ...]
    source: Blob | bytes
    has_body: bool
    entry: Entry

    def body(self) -> bytes | None:
        """Return the body, or None where the file is not as it was: then the answer may be another one."""
        if isinstance(self.source, bytes):
            return self.source if self.has_body else b""
        try:
            if self.has_body:
                data = self.source.read()
                return data if len(data) == self.source.size else None
            self.source.open().close()
        except (OSError, RegistryError):
            return None
        return b""


class KeptAnswers:
    """The last answers to requests that read, up to a limit. Safe to use from several threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._lock = Lock()
        self._kept: tuple[tuple[object, date] | None, dict[bytes, KeptAnswer]] = None, {}

    def find(self, asked: Asked) -> KeptAnswer | None:
        """Return the answer that an equal request got in the same state."""
        state, answers = self._kept
        return answers.get(asked.key) if state == asked.state else None

    def keep(self, asked: Asked, request: Request, answer: object) -> None:
        """Keep an unaltered answer, if it depends on nothing but the request and the state."""
        kept = _kept(request, answer) if isinstance(answer, LastingAnswer) else None
        if kept is None:
            return
        with self._lock:
            state, answers = self._kept
            if state != asked.state:
                answers = {}
                self._kept = asked.state, answers
            answers[asked.key] = kept
            if len(answers) > self._limit:
                del answers[next(iter(answers))]


def key_of(environ: WSGIEnvironment) -> bytes | None:
    """Return the key of a request, or None for one that may change something or has a body.

    It is a digest, so that no credential is kept.
    """
    if environ["REQUEST_METHOD"] not in READING or environ.get("CONTENT_LENGTH", "0") not in {"", "0"}:
        return None
    if "HTTP_TRANSFER_ENCODING" in environ or "HTTP_EXPECT" in environ:
        return None
    parts: list[str] = [environ.get(name, "") for name in ADDRESS]
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            parts += (name, value)
    text = "\0".join(parts)
    if text.count("\0") >= len(parts):  # a part has one itself
        return None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _kept(request: Request, answer: LastingAnswer) -> KeptAnswer | None:
    source = answer.source
    if source is None:
        source = answer.get_data()
    elif not isinstance(source, bytes) and source.size > LONGEST_FILE:
        return None
    return KeptAnswer(
        status=answer.status,
        headers=tuple(answer.get_wsgi_headers(request.environ).to_wsgi_list()),
        source=source,
        has_body=request.method != "HEAD" and answer.status_code != 304,
        entry=request.entry,
    )
