"""The files that the deletions of a run have spared: they have to stay to its end."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SparedFile:
    """A file, the URL of the page that lists it, and when it was last seen there (`time.monotonic`)."""

    page: str
    project: str
    filename: str
    seen: float


class Spared:
    """A list of such files, as JSON lines in a file beside the ledger. Every process of a run adds to the same one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, page: str, project: str, filenames: Iterable[str]) -> None:
        """Add files that a page lists at this moment. Raises OSError."""
        lines = (json.dumps([page, project, each, time.monotonic()]) + "\n" for each in filenames)
        number = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(number, "".join(lines).encode())
        finally:
            os.close(number)

    def files(self) -> tuple[SparedFile, ...]:
        """Return the files of all processes, oldest first."""
        if not self._path.exists():
            return ()
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return tuple(
            SparedFile(page=page, project=project, filename=filename, seen=seen)
            for page, project, filename, seen in map(json.loads, lines)
        )

    def remove(self) -> None:
        """Remove the list: the run has ended."""
        self._path.unlink(missing_ok=True)
