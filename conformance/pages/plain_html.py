"""A second reader of HTML, which knows less than the first, and reads pages of any size in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PIECE = 64 * 1024
"""The number of characters that are read at once."""

LONGEST_TAG = 1024 * 1024
"""The number of characters of the longest tag, comment or script that is read."""

LONGEST_REST = 4096
"""The number of characters at the end of a page that are read as text."""

MOST_LINKS = 100_000
"""The number of links that are read of a page. A link takes about a kilobyte of memory."""

MOST_NODES = 250_000
"""The number of nodes of the largest tree that is built."""

MOST_STEPS = 20_000_000
"""The number of open elements that a parser may have to look at for all tags of a page together."""

_NEVER_OPEN = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    | {
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "tr",
        "td",
        "th",
        "tbody",
        "thead",
        "tfoot",
        "rb",
        "rt",
        "rp",
        "rtc",
    }
)
"""Elements without an end, and those that the next one of their kind ends."""

_FORMATTING = frozenset(
    {"b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
"""Elements that a parser opens again in the next block where they were not closed, except `a`.

Source: HTML Living Standard, parsing, the list of active formatting elements.
"""


@dataclass
class OpenAnchor:
    """An `<a>` element with an href, and the pieces of its text."""

    attributes: Mapping[str, str | None]
    texts: list[str] = field(default_factory=list)


@dataclass
class PlainReader(HTMLParser):
    """What the second reader sees of a page."""

    anchors: list[OpenAnchor] = field(default_factory=list)
    metas: list[Mapping[str, str | None]] = field(default_factory=list)
    base: str | None = None
    current: OpenAnchor | None = None
    is_cut: bool = False
    """Whether the page has more than is read: too many links, or a tag without an end."""
    nodes: int = 0
    """How many nodes a tree may have; what stays open is opened again and again."""
    steps: int = 0
    """How many open elements a parser of trees may look at."""
    _open: Counter[str] = field(default_factory=Counter)
    _depth: int = 0
    _formatting: int = 0

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open: no link, no tag, no comment, and no element whose content is text."""
        return self.current is None and not self.rawdata and self.cdata_elem is None

    @property
    def is_too_much_for_a_tree(self) -> bool:
        """Whether a tree of the page would take too much memory or time."""
        return self.is_cut or self.nodes > MOST_NODES or self.steps > MOST_STEPS

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link or a `<meta>`."""
        attributes = dict(reversed(attrs))  # the first of two attributes of one name counts, as in HTML
        self._count(tag)
        if tag == "a" and attributes.get("href"):
            if len(self.anchors) < MOST_LINKS:
                self.current = OpenAnchor(attributes)
                self.anchors.append(self.current)
            else:
                self.is_cut, self.current = True, None
        elif tag == "meta" and len(self.metas) < MOST_LINKS:
            self.metas.append(attributes)
        elif tag == "base":
            self.base = self.base or attributes.get("href")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a link."""
        if self._open[tag]:
            self._open[tag] -= 1
            self._depth -= 1
            self._formatting -= tag in _FORMATTING
        if tag == "a":
            self.current = None

    def handle_data(self, data: str) -> None:
        """Note the text of a link."""
        if self.current is not None:
            self.current.texts.append(data)

    def _count(self, tag: str) -> None:
        """Count what a tag costs a tree. A second `<a>` closes the first."""
        if tag not in _NEVER_OPEN and not (tag == "a" and self._open["a"]):
            self._open[tag] += 1
            self._depth += 1
            self._formatting += tag in _FORMATTING
        self.nodes += 2 + 2 * self._formatting  # the element, and its text
        self.steps += self._depth


def read_plainly(content: str) -> PlainReader:
    """Read a page piece by piece. A long end that is no text and no whole tag is left out."""
    reader = PlainReader()
    for start in range(0, len(content), PIECE):
        reader.feed(content[start : start + PIECE])
        if len(reader.rawdata) > LONGEST_TAG:
            reader.is_cut = True
            return reader
    if len(reader.rawdata) <= LONGEST_REST:
        reader.close()  # takes the square of the rest's length
    return reader
