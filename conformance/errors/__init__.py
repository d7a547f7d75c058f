"""The one kind of error that a user sees, and the exit codes of every command. Imports no other room."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a run."""

    CONFORMS = 0
    DEVIATES = 1
    USAGE = 2
    HARNESS_ERROR = 3
    STALE_BASELINE = 4
    TOO_LITTLE_JUDGED = 5


class UserError(Exception):
    """Something that the user can put right.

    `message` is the cause, `hint` the next step; a command prints both and ends with `exit_code`.
    Raise it anywhere: `conformance.commands.main` renders it. Subclass it only where code has to tell
    one error from another.
    """

    def __init__(self, message: str, hint: str = "", exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        """Return message and hint, each on its own line."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


__all__ = ["ExitCode", "UserError"]
