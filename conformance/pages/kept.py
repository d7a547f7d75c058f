"""What was read of an answer, kept for the checks that look at the same answer."""

from __future__ import annotations

from collections import OrderedDict
from functools import update_wrapper
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_KEPT = 32 * 1024 * 1024
"""The size of all contents whose pages are kept: a page takes a few times the memory of its content."""

LIGHTER = 4
"""How much less memory for its content a packed page takes than another one."""

PIECE = 1024 * 1024
"""The number of bytes or characters that a digest takes at once."""

Where = ParamSpec("Where")

Content = TypeVar("Content", str, bytes)
Page = TypeVar("Page")


def kept(read: Callable[Concatenate[Content, Where], Page]) -> Callable[Concatenate[Content, Where], Page]:
    """Let a reader read the same content from the same place once. Safe to use from several threads."""
    pages: OrderedDict[tuple[bytes, int, Any], tuple[Page, int]] = OrderedDict()
    lock = Lock()
    weight_of_all = 0

    def reader(content: Content, /, *place: Where.args, **more: Where.kwargs) -> Page:
        nonlocal weight_of_all
        key = (*_digest(content), (place, *more.items()))
        with lock:
            if key in pages:
                pages.move_to_end(key)
                return pages[key][0]
        page = read(content, *place, **more)
        weight = _weight(key[1], page)
        with lock:
            _, earlier = pages.pop(key, (page, 0))  # another thread may have read it meanwhile
            pages[key] = page, weight
            weight_of_all += weight - earlier
            while len(pages) > 1 and weight_of_all > MOST_KEPT:
                weight_of_all -= pages.popitem(last=False)[1][1]
        return page

    update_wrapper(reader, read)
    return reader


def _weight(size: int, page: object) -> int:
    """Return what a page counts for: one that is packed takes less than its content, and not a few times as much."""
    return size // LIGHTER if getattr(page, "is_packed", False) else size


def _digest(content: str | bytes) -> tuple[bytes, int]:
    """Return a digest of a content, and its size in bytes."""
    digest, size = blake2b(), 0
    for start in range(0, len(content), PIECE):  # a whole page would be there once more as bytes
        piece = content[start : start + PIECE]
        data = piece if isinstance(piece, bytes) else piece.encode(errors="surrogatepass")
        digest.update(data)
        size += len(data)
    return digest.digest(), size
