"""Where a store moves what no row refers to. It is deleted a week later."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT = 7 * 24 * 60 * 60  # seconds


class Trash:
    """The folder `trash` of a store."""

    def __init__(self, store: Path) -> None:
        self.path = store / "trash"

    def take(self, file: Path, *, name: str = "") -> None:
        """Move a file here."""
        self.path.mkdir(exist_ok=True)
        os.utime(file)  # the time from which it is kept
        file.replace(self.path / (name or file.name))

    def empty(self, *, older_than: float = KEPT) -> int:
        """Delete what was moved here more than so many seconds ago, and return how many files that are."""
        latest = time.time() - older_than
        number = 0
        for file in self._files():
            with suppress(OSError):
                if file.stat().st_mtime <= latest:
                    file.unlink()
                    number += 1
        return number

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from list(self.path.iterdir())
