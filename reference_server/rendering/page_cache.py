"""Rendered pages, and a cache of them."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from reference_server.rendering.large_page import PackedPage


@dataclass(frozen=True)
class RenderedPage:
    """A page in one serialization."""

    body: bytes
    media_type: str

    @property
    def size(self) -> int:
        """The bytes of the page."""
        return len(self.body)

    @cached_property
    def digest(self) -> str:
        """A digest of the page and its media type."""
        return hashlib.sha256(self.media_type.encode() + b"\n" + self.body).hexdigest()[:32]

    @cached_property
    def gzipped(self) -> bytes:
        """The body, compressed."""
        return gzip.compress(self.body, compresslevel=6, mtime=0)


class PageCache:
    """The last `limit` requested pages. Safe to use from several threads."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._pages: OrderedDict[Hashable, tuple[int, RenderedPage | PackedPage]] = OrderedDict()

    def page(
        self, key: Hashable, serial: int, render: Callable[[], RenderedPage | PackedPage]
    ) -> RenderedPage | PackedPage:
        """Return the page as of `serial`. Read the serial before the content of the page."""
        with self._lock:
            kept = self._pages.get(key)
            if kept and kept[0] == serial:
                self._pages.move_to_end(key)
                return kept[1]
        rendered = render()
        with self._lock:
            self._pages[key] = (serial, rendered)
            self._pages.move_to_end(key)
            while len(self._pages) > self._limit:
                self._pages.popitem(last=False)
        return rendered
