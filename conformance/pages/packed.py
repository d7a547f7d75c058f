"""Sequences that are kept as bytes, and read again item by item: a list of a million projects in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")
Source = TypeVar("Source")

MOST_PACKED = 2_000_000
"""How many items a sequence may have: each takes eight bytes beside its own."""


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
    """Items that `read` makes from their records. Records are added once, before the first item is read."""

    def __init__(self, read: Callable[[bytes], Item]) -> None:
        self._read = read
        self._records = bytearray()
        self._ends = array("Q", [0])

    def add(self, record: bytes) -> None:
        """Add the record of a further item."""
        self._records += record
        self._ends.append(len(self._records))

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a further item."""
        return len(self) >= MOST_PACKED

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _item(self, place: int) -> Item:
        return self._read(bytes(self._records[self._ends[place] : self._ends[place + 1]]))

    def __iter__(self) -> Iterator[Item]:
        read, records, begin = self._read, self._records, 0
        for end in islice(self._ends, 1, None):
            yield read(bytes(records[begin:end]))
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
