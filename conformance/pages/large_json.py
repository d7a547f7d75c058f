"""Reads a long list of projects in JSON entry by entry, and keeps the entries packed."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import msgspec

from conformance.pages.packed import Packed

LIST = "projects"
WINDOW = 1024 * 1024
"""The number of bytes that are looked at together. Nothing but the list itself may be longer."""

MOST_WITHIN = 200
"""How many objects and lists an entry may have: one that is deep cannot be read from everywhere."""

_SPACE = re.compile(r"[ \t\n\r]*")
_CUT = 64
"""How far before the end of a window an error may come from the rest, which is not in the window."""


class TooLongError(Exception):
    """The body has something that does not fit into a window, or no list of flat objects."""


class _Body:
    """A body, of which a window is decoded. Raises ValueError for what is no JSON."""

    def __init__(self, content: bytes, decoder: json.JSONDecoder, problems: list[str]) -> None:
        self._content = content
        self._decoder = decoder
        self._problems = problems
        self._begin = 0
        self._text = ""
        self._at = 0
        self._fill()

    def next(self) -> str:
        """Return the next character that is no space, empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it always matches
            if self._at < len(self._text) or self._is_last:
                return self._text[self._at : self._at + 1]
            self._fill()

    def take(self, *wanted: str) -> str:
        """Return the next character, and go on behind it. Raises ValueError for another one."""
        found = self.next()
        if found not in wanted or not found:
            raise ValueError(f"expected {' or '.join(wanted)} at byte {self.place}")
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """Return the next value, and how it is written."""
        self.next()
        known = len(self._problems)
        while True:
            begin = self._at
            try:
                value, end = self._decoder.raw_decode(self._text, begin)
            except json.JSONDecodeError as error:
                is_open = error.pos > len(self._text) - _CUT or "Unterminated" in error.msg
                if self._is_last or not is_open:
                    raise ValueError(f"{error.msg}, at byte {self.place}") from None
            else:
                if end < len(self._text) or self._is_last:
                    self._at = end
                    return value, self._text[begin:end]
            del self._problems[known:]  # they are found again
            if begin == 0:
                raise TooLongError
            self._fill()

    @property
    def _is_last(self) -> bool:
        return self._begin + WINDOW >= len(self._content)

    @property
    def place(self) -> int:
        """The byte at which the next value is looked for."""
        return self._begin + len(self._text[: self._at].encode())

    def _fill(self) -> None:
        """Move the window to what is not yet read."""
        self._begin, self._at = self.place, 0
        piece = self._content[self._begin : self._begin + WINDOW]
        self._text, _ = codecs.utf_8_decode(piece, "strict", self._is_last)


def read_packed(content: bytes, decoder: json.JSONDecoder, problems: list[str]) -> dict[str, Any]:
    """Return the object of a body, whose list of projects is `Packed`. `problems` are what the decoder adds to.

    Raises ValueError for what is no JSON, and TooLongError for what cannot be read so.
    """
    body = _Body(content, decoder, problems)
    if body.next() != "{":
        raise TooLongError
    body.take("{")
    data: dict[str, Any] = {}
    separator = "," if body.next() != "}" else body.take("}")
    while separator == ",":
        if body.next() != '"':
            raise ValueError(f"expected a key at byte {body.place}")
        key, _ = body.value()
        body.take(":")
        if key in data:
            problems.append(f"the key {key!r} more than once")
        data[key] = _entries(body, problems) if key == LIST and body.next() == "[" else body.value()[0]
        separator = body.take(",", "}")
    if body.next():
        raise ValueError(f"expected the end at byte {body.place}")
    return data


def _unpacked(record: bytes) -> Any:
    """Return an entry. What only `json` reads, such as half a character, is rare; `_record` keeps it readable."""
    try:
        return msgspec.json.decode(record)
    except msgspec.DecodeError:
        return json.loads(record)


def _record(entry: Any, written: str, *, is_odd: bool) -> bytes:
    """Return an entry as bytes that can be read at any time: an odd one as it was read, without its oddities."""
    if not isinstance(entry, dict) or written.count("[") + written.count("{") > MOST_WITHIN:
        raise TooLongError
    return json.dumps(entry).encode() if is_odd else written.encode()


def _entries(body: _Body, problems: list[str]) -> Packed[Any]:
    """Return the objects of a list."""
    found: Packed[Any] = Packed(_unpacked)
    body.take("[")
    separator = "," if body.next() != "]" else body.take("]")
    while separator == ",":
        noticed = len(problems)
        entry, written = body.value()
        if found.is_full:
            raise TooLongError
        found.add(_record(entry, written, is_odd=len(problems) > noticed))
        separator = body.take(",", "]")
    return found
