"""Base of faults that keep something about a request: on that request, because requests overlap."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

Note = TypeVar("Note")

_ANSWERED: ContextVar[Request] = ContextVar("_ANSWERED")
"""The request that this thread answers, for the rules: they see no request."""


class NotesRequests(Fault, Generic[Note]):
    """Takes a note of every request before the server answers it, and reads it again later."""

    def note(self, request: Request) -> Note:
        """Return what to keep about a request."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        _ANSWERED.set(request)
        request.notes[self] = self.note(request)
        return None

    def noted(self, request: Request) -> Note | None:
        """Return the note of a request; None where something else answered it first."""
        note: Note | None = request.notes.get(self)
        return note

    @property
    def answered_here(self) -> Request | None:
        """The request that this thread answers; for rules."""
        return _ANSWERED.get(None)

    @property
    def noted_here(self) -> Note | None:
        """The note of the request that this thread answers; for rules."""
        request = self.answered_here
        return None if request is None else self.noted(request)
