"""The one kind of error that a user of `reference-server` sees. Imports no other room."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right: the text names the cause, `hint` the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


__all__ = ["UserError"]
