"""Reads the links of an HTML page that is too large for a tree, and keeps them packed.

Most links of such a page look alike. Those are read by a pattern where the second parser has nothing open, and
everything else by that parser.
"""

from __future__ import annotations

import re

from conformance.pages.anchor import Anchor, packed, unpacked
from conformance.pages.packed import Packed
from conformance.pages.plain_html import LONGEST_REST, LONGEST_TAG, PIECE, PlainReader

_ORDINARY = re.compile(
    r"""(?:\s|<br\s*/?>|</?li>){0,200}<a\s+href="([^"<>&]+)"\s*>([^<>&]*)</a\s*>""", re.IGNORECASE
)
"""A link without other attributes and without character references, and what may stand before it."""

_LINK = re.compile(r"<a\s", re.IGNORECASE)


def read_packed(content: str) -> tuple[PlainReader, Packed[Anchor]]:
    """Read a page. The reader has everything but the anchors."""
    reader, anchors = PlainReader(), Packed(unpacked)
    at = 0
    while at < len(content) and not reader.is_cut:
        if reader.is_idle:
            _drain(reader, anchors)
            at = _ordinary(content, at, anchors)
        begin = at + max(1, len(reader.rawdata))  # what is open is read again each time: double it
        following = _LINK.search(content, begin, begin + PIECE)
        end = following.start() if following else begin + PIECE
        reader.feed(content[at:end])
        at = end
        reader.is_cut |= len(reader.rawdata) > LONGEST_TAG or anchors.is_full
    if not reader.is_cut and len(reader.rawdata) <= LONGEST_REST:
        reader.close()  # takes the square of the rest's length
    _drain(reader, anchors)
    return reader, anchors


def _ordinary(content: str, at: int, anchors: Packed[Anchor]) -> int:
    """Read links that look alike, and return where others begin."""
    while (match := _ORDINARY.match(content, at)) and not anchors.is_full:
        anchors.add(packed({"href": match[1]}, match[2]))
        at = match.end()
    return at


def _drain(reader: PlainReader, anchors: Packed[Anchor]) -> None:
    """Pack the links that the second parser has read, as far as there is room."""
    for each in reader.anchors:
        if anchors.is_full:
            break
        anchors.add(packed(each.attributes, "".join(each.texts)))
    reader.anchors.clear()
