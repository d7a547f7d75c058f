"""Sequences that are kept as bytes, and read again item by item: a list of a million projects in bounded memory."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload
from zlib import compress, decompress

Item = TypeVar("Item")
Source = TypeVar("Source")

MOST_PACKED = 2_000_000
"""How many items a sequence may have."""

BLOCK = 64 * 1024
"""The size, in bytes, from which records are compressed together."""


class _Lazy(Sequence[Item]):
    """A sequence that makes each item when it is asked for."""

    def _item(self, place: int) -> Item:
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        if isinstance(place, slice):
            return tuple(self._item(each) for each in range(*place.indices(len(self))))
        at = place if place >= 0 else place + len(self)
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._item(at)

    def __iter__(self) -> Iterator[Item]:
        return map(self._item, range(len(self)))


class Packed(_Lazy[Item]):
    """Items that `read` makes from their records. Records are added once, before the first item is read.

    Full blocks of records are compressed: links of one page look alike. Safe to read from several threads.
    """

    def __init__(self, read: Callable[[bytes], Item]) -> None:
        self._read = read
        self._blocks: list[bytes] = []
        self._firsts = array("Q", [0])
        """The place of the first item of each block, and of the one that is still open."""
        self._open = _Block(bytearray(), array("I"))
        self._recent = (-1, self._open)
        """The number of the block that was read last, and the block: most reads are in order."""

    def add(self, record: bytes) -> None:
        """Add the record of a further item."""
        self._open.records.extend(record)
        self._open.ends.append(len(self._open.records))
        if len(self._open.records) >= BLOCK:
            self._firsts.append(len(self))
            self._blocks.append(self._open.compressed())
            self._open = _Block(bytearray(), array("I"))

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a further item."""
        return len(self) >= MOST_PACKED

    def __len__(self) -> int:
        return self._firsts[-1] + len(self._open.ends)

    def _item(self, place: int) -> Item:
        number = bisect_right(self._firsts, place) - 1
        recent, block = self._recent
        if recent != number:
            block = self._block(number)
            self._recent = (number, block)
        return self._read(block.record(place - self._firsts[number]))

    def _block(self, number: int) -> _Block:
        if number == len(self._blocks):
            return self._open
        return _Block.of(self._blocks[number], self._firsts[number + 1] - self._firsts[number])

    def __iter__(self) -> Iterator[Item]:
        for number in range(len(self._firsts)):
            yield from map(self._read, self._block(number))


@dataclass(frozen=True)
class _Block:
    """Records one after the other, and where each of them ends."""

    records: bytearray
    ends: array[int]

    @classmethod
    def of(cls, compressed: bytes, number: int) -> _Block:
        """Return a block of so many records that was compressed."""
        content, ends = decompress(compressed), array("I")
        size = number * ends.itemsize
        ends.frombytes(content[:size])
        return cls(bytearray(content[size:]), ends)

    def compressed(self) -> bytes:
        """Return the block as bytes, as `of` reads it."""
        return compress(self.ends.tobytes() + self.records, level=1)

    def record(self, place: int) -> bytes:
        """Return a record."""
        begin = self.ends[place - 1] if place else 0
        return bytes(self.records[begin : self.ends[place]])

    def __iter__(self) -> Iterator[bytes]:
        begin = 0
        for end in self.ends:
            yield bytes(self.records[begin:end])
            begin = end


class Each(_Lazy[Item], Generic[Source, Item]):
    """What `make` makes from each item of another sequence."""

    def __init__(self, source: Sequence[Source], make: Callable[[Source], Item]) -> None:
        self._source = source
        self._make = make

    def __len__(self) -> int:
        return len(self._source)

    def _item(self, place: int) -> Item:
        return self._make(self._source[place])

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._source)
