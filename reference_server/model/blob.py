"""The bytes of one file, in memory or on disk."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Blob:
    """The complete, immutable bytes of one file. `digests`: `sha256`, `md5`, `blake2_256`, in hex."""

    content: bytes | Path
    size: int
    digests: Mapping[str, str]

    def open(self) -> BinaryIO:
        """Open it for reading. Raises `FileNotFoundError` if it was removed."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")

    def read(self) -> bytes:
        """Return all bytes. Raises `FileNotFoundError` if it was removed."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def remove(self) -> None:
        """Delete it from disk. Open streams stay readable."""
        if isinstance(self.content, Path):
            self.content.unlink(missing_ok=True)
