"""An exchange on the HTML page: request and answer, cut to size, with what is wrong in the answer marked."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import escape

from conformance.report.curl import caveat_of, command_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.report.evidence import Evidence, Span
    from conformance.wire.exchange import Exchange

MOST_PER_BODY = 1_200
MOST_PER_HEADER = 200
MOST_FIELDS = 30
BEFORE = 200
"""Characters of a body that stand before its first mark, where its beginning is left out."""


class Piece(NamedTuple):
    """A part of a text, and whether it is wrong."""

    text: str
    marked: bool


class Field(NamedTuple):
    """A header field of an answer, and whether it is wrong. A missing one has no value."""

    name: str
    value: str
    marked: bool
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class PageExchange:
    """An exchange on the page: cut to size, with the command that repeats it."""

    number: int
    request: str
    command: str
    caveat: str
    status: str
    status_is_wrong: bool
    headers: tuple[Field, ...]
    body: tuple[Piece, ...]
    credential: str
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether anything in it is marked."""
        return self.status_is_wrong or self.fields_are_wrong or any(piece.marked for piece in self.body)

    @property
    def fields_are_wrong(self) -> bool:
        """Whether a header field of the answer is marked."""
        return any(field.marked for field in self.headers)

    @property
    def length(self) -> int:
        """How many characters it takes on the page."""
        headers = sum(len(escape(each.name)) + len(escape(each.value)) + 30 for each in self.headers)
        body = sum(len(escape(each.text)) + 13 for each in self.body)
        return (
            sum(len(escape(text)) for text in (self.request, self.command, self.status))
            + headers
            + body
            + 600
        )


def fitting(exchanges: Sequence[Exchange], evidence: Evidence, room: int) -> tuple[PageExchange, ...]:
    """Return the exchanges that fit: those that the finding names, and then the last ones. The last one decided."""
    found: dict[int, PageExchange] = {}
    places = sorted(
        range(len(exchanges)), key=lambda place: (evidence.names(exchanges[place]), place), reverse=True
    )
    for place in places:
        made = page_exchange(exchanges[place], evidence)
        room -= made.length
        if room < 0:
            break
        found[place] = made
    return tuple(found[place] for place in sorted(found))


def page_exchange(exchange: Exchange, evidence: Evidence) -> PageExchange:
    """Return an exchange for the page. What the finding is not about is not marked."""
    about, command = evidence.is_about(exchange), command_line(exchange)
    body, is_client = exchange.response_body, exchange.status is None
    status = "" if exchange.status is None else f"{exchange.status} "
    return PageExchange(
        number=exchange.number,
        request=cut(exchange.request, MOST_PER_HEADER),
        command=cut(command, MOST_PER_BODY),
        caveat=caveat_of(exchange, is_cut=len(escape(command)) > MOST_PER_BODY),
        status=cut(f"{status}{exchange.reason}", MOST_PER_HEADER),
        status_is_wrong=about and evidence.blames_status(exchange),
        headers=tuple(_fields(exchange, evidence if about else None)),
        body=tuple(_body(body, evidence.places_in(body) if about and not is_client else [])),
        credential=exchange.credential,
        seconds=exchange.seconds,
    )


def cut(text: str, room: int) -> str:
    """Return the head of a text that takes no more than `room` characters when it is escaped."""
    kept = _head(text, max(room, 100))
    return kept if len(kept) == len(text) else f"{kept}… <{len(text)} characters in all>"


def _head(text: str, room: int) -> str:
    kept = text[:room]
    while len(escape(kept)) > room:
        kept = kept[: len(kept) * 2 // 3]
    return kept


def _fields(exchange: Exchange, evidence: Evidence | None) -> Iterator[Field]:
    headers = exchange.response_headers
    blamed = evidence.blamed_fields(headers) if evidence else frozenset()
    for name, value in list(headers.items())[:MOST_FIELDS]:
        yield Field(cut(name, MOST_PER_HEADER), cut(value, MOST_PER_HEADER), name.lower() in blamed)
    if evidence and exchange.status is not None:
        for name in evidence.missing_fields(headers):
            yield Field(name, "", marked=True, missing=True)


def _body(text: str, spans: Sequence[Span]) -> Iterator[Piece]:
    """Give the pieces of a body: its head, or what is around the first mark where that is further down."""
    begin = 0
    if spans and spans[0][0] > 2 * BEFORE:
        begin = spans[0][0] - BEFORE
        yield Piece(f"<{begin} characters before> …", marked=False)
    end = begin + len(_head(text[begin:], MOST_PER_BODY))
    yield from (piece for piece in _pieces(text, spans, begin, end) if piece.text)
    if end < len(text):
        yield Piece(f"… <{len(text)} characters in all>", marked=False)


def _pieces(text: str, spans: Iterable[Span], begin: int, end: int) -> Iterator[Piece]:
    place = begin
    for first, last in spans:
        if first >= end:
            break
        yield Piece(text[place:first], marked=False)
        place = min(last, end)
        yield Piece(_visible(text[first:place]), marked=True)
    yield Piece(text[place:end], marked=False)


def _visible(text: str) -> str:
    """Return a text with a name in place of each character that cannot be seen."""
    return "".join(
        f"[U+{ord(each):04X}]" if unicodedata.category(each) in {"Cc", "Cf"} and each not in "\n\t" else each
        for each in text
    )
