"""Content codings undone piece by piece, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from conformance.wire.bounds import EndlessAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conformance.wire.bounds import Meter

CODINGS = "gzip, deflate"
"""The content codings that are undone, as the value of Accept-Encoding."""

MOST_CODINGS = 4
"""The number of content codings of one body."""

PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class BadCoding(Exception):
    """A body is not in the content coding that its header names."""


def decoded(pieces: Iterable[bytes], content_encoding: str, meter: Meter) -> Iterator[bytes]:
    """Return the pieces of a body, at most 64 KiB each, without its content codings.

    A coding that is none of ours is left in place, with those below it, as HTTP libraries do.
    Raises BadCoding, and EndlessAnswer. Source: RFC 9110, 8.4.
    """
    codings = [each for each in (part.strip().lower() for part in content_encoding.split(",")) if each]
    if len(codings) > MOST_CODINGS:
        raise EndlessAnswer(
            expected=f"at most {MOST_CODINGS} content codings", found=str(len(codings)), where=""
        )
    for coding in reversed(codings):
        if coding not in _DECODERS:
            break
        pieces = _DECODERS[coding](pieces, meter)
    return iter(pieces)


def _gzip(pieces: Iterable[bytes], meter: Meter) -> Iterator[bytes]:
    """Undo gzip: one member after the other; what follows the first and is none is ignored."""
    decoder, members, begun = zlib.decompressobj(_GZIP), 0, False
    for piece in pieces:
        rest, begun = piece, True
        while rest:
            problem = ""
            try:
                yield from _pieces(decoder, rest, meter)
            except zlib.error as error:
                problem = str(error)
            if problem and members:
                return
            if problem:
                raise BadCoding(f"failed to decode gzip: {problem}")
            rest = decoder.unused_data if decoder.eof else b""
            if decoder.eof:
                decoder, members = zlib.decompressobj(_GZIP), members + 1
    if begun and not members:
        raise BadCoding("failed to decode gzip: the body ends before its data do")


def _deflate(pieces: Iterable[bytes], meter: Meter) -> Iterator[bytes]:
    """Undo deflate, with the header of zlib or, as some servers have it, without."""
    decoder, first = zlib.decompressobj(), True
    for piece in pieces:
        if first and not _has_zlib_header(piece):
            decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        first = False
        problem = ""
        try:
            yield from _pieces(decoder, piece, meter)
        except zlib.error as error:
            problem = str(error)
        if problem:
            raise BadCoding(f"failed to decode deflate: {problem}")
    if rest := decoder.flush():  # at most some kilobytes
        yield rest
    if not (first or decoder.eof):
        raise BadCoding("failed to decode deflate: the body ends before its data do")


def _has_zlib_header(piece: bytes) -> bool:
    """Return whether data begins as RFC 1950, 2.2, has it."""
    return piece[0] & 0x0F == 8 and (len(piece) < 2 or int.from_bytes(piece[:2]) % 31 == 0)


def _pieces(decoder: zlib._Decompress, data: bytes, meter: Meter) -> Iterator[bytes]:
    while data:
        meter.remaining()
        if piece := decoder.decompress(data, PIECE):
            yield piece
        data = decoder.unconsumed_tail


_DECODERS: dict[str, Callable[[Iterable[bytes], Meter], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
}
