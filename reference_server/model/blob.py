"""The bytes of one file, in memory or on disk."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHMS = ("sha256", "md5", "blake2_256")
"""The digests that a blob has."""


class Hash(Protocol):
    """A digest in the making."""

    def update(self, data: bytes | bytearray, /) -> None:
        """Add data."""

    def hexdigest(self) -> str:
        """Return the digest in hex."""


def new_hash(algorithm: str) -> Hash:
    """Return a hash without data. Raises `KeyError` for another algorithm than those of blobs."""
    if algorithm not in ALGORITHMS:
        raise KeyError(algorithm)
    if algorithm == "blake2_256":
        return hashlib.blake2b(digest_size=32)
    return hashlib.new(algorithm, usedforsecurity=False)


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
