"""The one kind of error that a user of `reference-server` sees. Imports no other room."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right: the text names the cause and the next step."""


__all__ = ["UserError"]
