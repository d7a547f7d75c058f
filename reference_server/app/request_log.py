"""The last requests, for the people who watch a client at work."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from reference_server.model import Caller

KEPT = 500
LONGEST_PATH = 1000  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """One answered request. It has no query, no header field and no body: they may contain secrets.

    `caller` is the kind of the caller, and `name` the user's or the deploy token's, if any.
    """

    time: datetime
    method: str
    path: str
    status: int
    caller: str
    name: str


class RequestLog:
    """The last `limit` requests, oldest first. Safe to use from several threads."""

    def __init__(self, limit: int = KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)

    def entries(self) -> tuple[Entry, ...]:
        """Return the kept requests."""
        return tuple(self._entries)

    def add(self, time: datetime, method: str, path: str, status: int, caller: Caller | None) -> None:
        """Add a request with its path as in WSGI. Its caller is None where no credentials were looked at."""
        if not path.isascii():
            path = path.encode("latin-1", "replace").decode("utf-8", "replace")
        name = caller.name if caller else ""
        self._entries.append(Entry(time, method, path[:LONGEST_PATH], status, kind(caller), name))


def kind(caller: Caller | None) -> str:
    """Return the kind of a caller, in words."""
    if caller is None:
        return "not identified"
    if caller.deploy_token:
        return "deploy token"
    if caller.job_project is not None:
        return "CI job token"
    return "personal access token" if caller.user else "anonymous"
