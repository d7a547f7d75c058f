"""The body of an answer: a large one is kept in a file, so that many answers take little memory."""

from __future__ import annotations

import tempfile
from hashlib import blake2b
from threading import Lock
from typing import IO, TYPE_CHECKING, overload

if TYPE_CHECKING:
    from typing import Self

LARGE = 1024 * 1024
"""The size, in bytes, from which a body is kept in a file."""

LARGE_TEXT = 8 * LARGE
"""The size, in bytes, from which the text of a body has no characters beyond the Basic Multilingual Plane."""

_KEPT = "_content"
"""The name under which an answer has what holds its body."""

_BEYOND = b"\xf0\xf1\xf2\xf3\xf4"
"""The bytes that such characters begin with in UTF-8."""


class Body:
    """A field of a frozen dataclass whose value is `bytes`; a large value is read from its file each time."""

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> bytes: ...

    def __get__(self, instance: object | None, owner: type) -> Self | bytes:
        if instance is None:
            raise AttributeError(_KEPT)  # the field has no default
        found: bytes | _InFile = vars(instance)[_KEPT]
        return found if isinstance(found, bytes) else found.read()

    def __set__(self, instance: object, value: bytes) -> None:
        vars(instance)[_KEPT] = value if len(value) < LARGE else _InFile(value)


class _InFile:
    """Bytes in a file without a name, which ends with this object. Safe to use from several threads."""

    def __init__(self, content: bytes) -> None:
        self._size = len(content)
        self._digest = blake2b(content).digest()
        self._lock = Lock()
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as this is
        self._file.write(content)

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InFile) and (self._size, self._digest) == (other._size, other._digest)

    def __hash__(self) -> int:
        return hash(self._digest)

    def read(self) -> bytes:
        """Return the bytes."""
        with self._lock:
            self._file.seek(0)
            return self._file.read()

    def __del__(self) -> None:
        self._file.close()


def kept(answer: object) -> bytes | _InFile:
    """Return what holds the body of an answer, which may be that of another answer, too. It has a length."""
    found: bytes | _InFile = vars(answer)[_KEPT]
    return found


def share(answer: object, earlier: object) -> bool:
    """Let an answer have the body of an earlier one where it is the same; return whether it is."""
    if kept(answer) != kept(earlier):
        return False
    vars(answer)[_KEPT] = kept(earlier)
    return True


def text_of(content: bytes) -> str:
    """Return a body as UTF-8, undecodable bytes replaced, with at most two bytes a character where it is large.

    One character beyond the Basic Multilingual Plane would make Python take four for each of a page.
    """
    if len(content) >= LARGE_TEXT and any(byte in content for byte in _BEYOND):
        content = content.translate(None, _BEYOND)
    return content.decode("utf-8", errors="replace")
