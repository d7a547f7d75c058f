"""Sequences that are kept as compressed blocks: the same items as in a list, in little memory."""

from __future__ import annotations

import sys

import pytest

from conformance.pages.packed import BLOCK, Packed


def packed(items: list[bytes]) -> Packed[bytes]:
    found = Packed(bytes)
    for each in items:
        found.add(each)
    return found


@pytest.mark.parametrize(
    "items",
    [
        [],
        [b""],
        [b"", b"one", b"", b"two"],
        [b"%07d" % number for number in range(30_000)],
        [b"a" * (BLOCK - 1), b"", b"b", b"", b"c" * BLOCK, b"d" * (3 * BLOCK), b""],
        [b"last of a block".ljust(BLOCK)],
    ],
    ids=["none", "an empty one", "a few", "many", "around the end of a block", "a full block"],
)
def test_items_are_those_that_were_added(items: list[bytes]) -> None:
    found = packed(items)
    assert len(found) == len(items)
    assert list(found) == items
    assert [found[place] for place in range(len(items))] == items
    assert [found[-1 - place] for place in range(len(items))] == items[::-1]
    assert list(found[1::2]) == items[1::2]


def test_no_item_is_beyond_the_last() -> None:
    found = packed([b"a" * BLOCK, b"b"])
    for place in (2, -3):
        with pytest.raises(IndexError):
            found[place]


def test_links_that_look_alike_take_little_memory() -> None:
    links = [b"/simple/generated-%07d/ generated-%07d" % (number, number) for number in range(100_000)]
    found = packed(links)
    size = sum(map(sys.getsizeof, (*found._blocks, found._open.records)))
    assert size < sum(map(len, links)) / 5
