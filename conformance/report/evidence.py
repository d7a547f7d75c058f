"""What is wrong in an answer: the places of its status, its header and its body that a finding is about."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from conformance.wire.exchange import numbers_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.wire.exchange import Exchange

Span = tuple[int, int]
"""The begin and the end of a place in a text."""

MOST_SPANS = 20
"""Places that are marked in one text."""
SURE = 6
"""A shorter text is marked only where it stands once: it may be there for another reason."""
SHORTEST = 3
POINTED = 12
"""Characters that are marked from a line and a column on."""
BYTE_ORDER_MARK = "\ufeff"

FIELDS = re.compile(
    r"\b(Accept-Ranges|Access-Control-Allow-Origin|Allow|Cache-Control|Content-(?:Disposition|Encoding|Length|Range"
    r"|Security-Policy|Type)|ETag|Last-Modified|Location|Retry-After|Vary|WWW-Authenticate|X-Content-Type-Options"
    r"|X-Frame-Options)\b"
)
"""Header fields of answers. Others, such as Range, may be those of a request."""

_REFERENCE = re.compile(
    r"^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) \S.*? → (?:\d{3}[A-Za-z' -]*|[a-z ]+)(?: \[\d+\])?:? ?"
)
_STATUS = re.compile(r"\bstatus (\d{3})(?: or (\d{3}))?\b")
_CLASS = re.compile(r"\b([1-5])xx\b|\bfrom ([1-5])00 to [1-5]99\b")
_BEGINS_WITH_STATUS = re.compile(r"^(status )?\d{3}\b")
_CLIENT = re.compile(r"\S+ -m \w|(\S*/)?(uv|pip|twine|poetry) ")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`([^`]+)`")
_PLACE = re.compile(r"\bline (\d+), column (\d+)")
_NAMED = re.compile(r"\bdata-[a-z-]+|`([A-Za-z_.-]+)`")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a finding expected and found, and where."""

    expected: str
    found: str
    where: str

    def names(self, exchange: Exchange) -> bool:
        """Whether the finding names an exchange by its number."""
        return exchange.number in self._numbers

    def is_about(self, exchange: Exchange) -> bool:
        """Whether an exchange is one of those that the finding names; where it names none, each may be.

        What a client did is said of its runs, not of its requests.
        """
        if _CLIENT.match(self.where):
            return exchange.status is None
        return not self._numbers or self.names(exchange)

    def blames_status(self, exchange: Exchange) -> bool:
        """Whether the status of an answer, or how a client ended, is not what was expected."""
        if exchange.status is None:
            return bool(exchange.reason) and self.found.startswith(exchange.reason)
        expected = {int(each) for both in _STATUS.findall(self.expected) for each in both if each}
        classes = {int(one or other) for one, other in _CLASS.findall(self.expected)}
        if expected or classes:
            return exchange.status not in expected and exchange.status // 100 not in classes
        found = {int(each) for both in _STATUS.findall(self.found) for each in both if each}
        if exchange.number in numbers_in(self.found):
            found.add(exchange.status)
        return "status" in self.expected and exchange.status in found

    def blamed_fields(self, fields: Mapping[str, str]) -> frozenset[str]:
        """Return in lower case the header fields that the finding names, and those whose value it quotes.

        A name of one word is also a word of English (connection, server, date, link), and names a field as `Name:`,
        or as requirements spell it in their sentences.
        """
        text = f"{self.expected}\n{self.found}"
        spelled = {name.lower() for name in FIELDS.findall(text)}
        named = (name for name in fields if name.lower() in spelled or _is_named(name, text))
        quoted = (
            name
            for name, value in fields.items()
            if any(each == value or (len(each) > 2 * SURE and each in value) for each in self._texts)
        )
        return frozenset(name.lower() for name in (*named, *quoted))

    def missing_fields(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Return the header fields that were expected and are not there."""
        there = {name.lower() for name in fields}
        expected = dict.fromkeys(FIELDS.findall(self.expected))
        absent = re.compile(rf"\b(no|without|omits?) `?({'|'.join(map(re.escape, expected)) or '$^'})\b")
        unwanted = {name for _, name in absent.findall(self.expected)}
        return tuple(name for name in expected if name.lower() not in there and name not in unwanted)

    def places_in(self, body: str) -> list[Span]:
        """Return the places of a body that the finding quotes or points to, in their order, none within another."""
        spans = [*self._quoted_in(body), *_pointed_to(self.found, body)]
        if not spans:
            spans = [*self._named_in(body)]
        kept: list[Span] = []
        for begin, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if not kept or begin >= kept[-1][1]:
                kept.append((begin, end))
        return kept[:MOST_SPANS]

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return numbers_in(f"{self.where}\n{self.found}")

    @cached_property
    def _texts(self) -> Sequence[str]:
        """The texts that the finding quotes, the longest first."""
        texts = {text for line in (self.found, *self.found.splitlines()) for text in _texts_of(line)}
        if "byte order mark" in self.found:
            texts.add(BYTE_ORDER_MARK)
        return sorted(texts, key=lambda text: (-len(text), text))

    def _quoted_in(self, body: str) -> Iterator[Span]:
        taken = 0
        for text in self._texts:
            for spelling in _spellings(text):
                places = [match.span() for match in re.finditer(re.escape(spelling), body)]
                if not places or (len(text) < SURE and len(places) > 1):
                    continue
                yield from places[: MOST_SPANS - taken]
                taken += len(places)
                break
            if taken >= MOST_SPANS:
                return

    def _named_in(self, body: str) -> Iterator[Span]:
        """Give the attributes and keys that were expected to be different, with their values."""
        for match in _NAMED.finditer(self.expected):
            name = re.escape((match[1] or match[0]).rpartition(".")[2])
            yield from (
                each.span()
                for each in re.finditer(
                    rf"(?<![\w-]){name}=(?:\"[^\"]*\"|'[^']*')|\"{name}\": ?[^,}}\n]*", body
                )
            )


def _is_named(field: str, text: str) -> bool:
    end = r"(?![\w-])" if "-" in field else ":"
    return bool(re.search(rf"(?<![\w-]){re.escape(field)}{end}", text, re.IGNORECASE))


def _texts_of(line: str) -> Iterator[str]:
    """Give what a line of a finding may quote of an answer: all of it, and parts."""
    text = _REFERENCE.sub("", line.strip()).partition(" for Accept: ")[0]
    if begun := _BEGINS_WITH_STATUS.match(text):  # what follows a colon is all of the body
        text = text[begun.end() :].removeprefix(", ") if text[begun.end() :].startswith(", ") else ""
    candidates = [text, *(next(filter(None, each), "") for each in _QUOTED.findall(text))]
    candidates += re.split(r", | and |: ", text)
    candidates += [word for word in text.split() if len(word) > 2 * SURE]
    for each in candidates:
        stripped = each.strip().rstrip("…").strip(" '\"`,")
        if len(stripped) >= SHORTEST and stripped not in {"nothing", "None", "true", "false", "null"}:
            yield stripped


def _spellings(text: str) -> Iterator[str]:
    """Give the forms that a text can have in HTML and in JSON."""
    yield text
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    yield json.dumps(text)[1:-1]


def _pointed_to(found: str, body: str) -> Iterator[Span]:
    """Give the places that a finding names by line and column, both from 1."""
    begins = [0, *accumulate(len(line) for line in body.splitlines(keepends=True))]
    for line, column in _PLACE.findall(found):
        if int(line) < len(begins):
            begin = begins[int(line) - 1] + int(column) - 1
            end = min(begin + POINTED, begins[int(line)])
            if begin < end:
                yield begin, end
