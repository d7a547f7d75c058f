"""Who is signed in: sessions in memory, which end with the process, the token, or after a time without a request."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.model import Caller, PersonalAccessToken
from reference_server.rules.current_tokens import is_active

if TYPE_CHECKING:
    from datetime import datetime

    from reference_server.http.request import Request
    from reference_server.rules.registry import Registry

KEPT = 1000
IDLE = timedelta(hours=8)


@dataclass(slots=True)
class Session:
    """One signed-in browser. It knows the id of the token, not its secret.

    `csrf` is what every form of this session has to send. `notice` is for one page, once.
    """

    token_id: int
    used: datetime
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The result of the last form, for the page at `path`. `secret` is that of a new token, shown once."""

    text: str
    path: str
    secret: str = ""
    is_error: bool = False


class Sessions:
    """The last `KEPT` sessions. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def begin(self, token: PersonalAccessToken, now: datetime) -> Session:
        """Begin a session."""
        session = Session(token.record.id, now)
        with self._lock:
            self._sessions[session.key] = session
            while len(self._sessions) > KEPT:
                self._sessions.popitem(last=False)
        return session

    def find(self, key: str, now: datetime) -> Session | None:
        """Find a session that was used recently."""
        with self._lock:
            session = self._sessions.get(key)
            if session is None or now - session.used > IDLE:
                self._sessions.pop(key, None)
                return None
            session.used = now
            self._sessions.move_to_end(key)
            return session

    def end(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session.key, None)


def cookie_name(request: Request) -> str:
    """Return the cookie's name. Servers on several ports of one host share their cookies."""
    port = request.host.rpartition(":")[2]
    return f"registry_session_{port}" if port.isdecimal() else "registry_session"


def caller_of(session: Session, registry: Registry) -> Caller | None:
    """Return the caller whose token began the session, or None if it is no longer valid."""
    for token in registry.store.tokens():
        if token.record.id == session.token_id and isinstance(token, PersonalAccessToken):
            return Caller(user=token.user, scopes=token.scopes) if is_active(token, registry.now) else None
    return None
