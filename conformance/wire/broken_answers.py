"""What is wrong with the bytes of an answer, in words: what libraries raise is no text for a report."""

from __future__ import annotations

from http.client import BadStatusLine, HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import InvalidChunkLength, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TEXT = 200
"""Characters that a message quotes of what is no HTTP."""

BROKEN_OFF = "then the connection closed"
"""How the description of an answer ends that broke off. Causes and reports know it by these words."""


def wrong_bytes(error: BaseException) -> str:
    """Return in one line what is wrong with the bytes of an answer; empty where the connection failed."""
    causes = list(_causes(error))
    failed = (OSError, EOFError)  # a RemoteDisconnected, too
    if any(isinstance(each, failed) and not isinstance(each, requests.RequestException) for each in causes):
        return ""
    about = [each for each in causes if isinstance(each, (HTTPException, ProtocolError))]
    return _described(about[-1]) if about else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return an error and what it wraps, from the outside in."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = next((each for each in cause.args if isinstance(each, BaseException)), None)
        cause = inner or cause.__cause__ or cause.__context__


def _described(cause: BaseException) -> str:
    fields: Any = cause  # `urllib3` counts bytes where `http.client` keeps them
    match cause:
        case InvalidChunkLength() if fields.length:
            return f"a chunk of the length {_quoted(fields.length)}"
        case InvalidChunkLength():
            return f"no last chunk, {BROKEN_OFF}"
        case IncompleteRead():
            received = fields.partial if isinstance(fields.partial, int) else len(fields.partial)
            whole = f" of {received + fields.expected}" if fields.expected else ""
            return f"{received}{whole} bytes, {BROKEN_OFF}"
        case BadStatusLine():
            return f"the status line {_quoted(fields.line)}"
    text = " ".join(str(cause.args[0] if cause.args else "").split())
    if text == "Response ended prematurely":  # what `urllib3` has for chunks without an end
        return f"no last chunk, {BROKEN_OFF}"
    return text[:LONGEST_TEXT] or "nothing"


def _quoted(text: str | bytes) -> str:
    shown = text.decode("latin-1") if isinstance(text, bytes) else text
    return repr(shown.strip()[:LONGEST_TEXT])
