"""Why a request got no answer, in a line."""

from __future__ import annotations


def cause_of(error: BaseException) -> str:
    """Return the innermost reason as one line; `requests` wraps it three times."""
    error = innermost(error)
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def innermost(error: BaseException) -> BaseException:
    """Return the error that others were raised from."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
