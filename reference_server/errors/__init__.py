"""The one kind of error that a user of `reference-server` sees, and that of a wrong option in Python.

Imports no other room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EXTRAS = {"serve": ("argcomplete", "granian", "tomli_w"), "tls": ("trustme",)}
"""The packages of each extra that the server uses, as they are imported."""


class UserError(Exception):
    """Something that the user can put right: the text names the cause, `hint` the next step.

    In a test, where no command prints it, the hint is a note of the exception.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(hint)


def no_option(unknown: Iterable[str], known: Iterable[str], *, of: str) -> TypeError:
    """Return the error for options that something does not have, with those that it has."""
    named = ", ".join(map(repr, unknown))
    return TypeError(f"{named} is no option of {of}; those are {', '.join(known)}")


def extra_missing(error: ImportError) -> UserError | None:
    """Return the error for the user if what cannot be imported belongs to an extra of the distribution."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return UserError(
                f"this needs {package}, which is not installed",
                f"Run: pip install 'pypi-registry-conformance[{extra}]', or '.[{extra}]' in a checkout",
            )
    return None


__all__ = ["EXTRAS", "UserError", "extra_missing", "no_option"]
