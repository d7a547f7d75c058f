"""Zip archives that others have made, opened in bounded memory."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MEMBERS = 50_000
"""The number of members of an archive that is opened. A member takes about a kilobyte of memory."""

MOST_READ = 16 * 1024 * 1024
"""Bytes of a member that is read."""

_ENTRY = b"PK\1\2"
"""How each entry of the list of members begins."""

_ERRORS = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError, struct.error, zlib.error)
"""What `zipfile` raises beside BadZipFile for archives that are damaged, encrypted, or in an unknown compression."""


@contextmanager
def opened(archive: bytes | IO[bytes]) -> Iterator[ZipFile]:
    """Open an archive. Raises BadZipFile, within the block as well, whatever makes it unreadable."""
    if isinstance(archive, bytes):
        if archive.count(_ENTRY) > MOST_MEMBERS:
            raise BadZipFile(f"more than {MOST_MEMBERS:,} members")
        archive = io.BytesIO(archive)
    try:
        with ZipFile(archive) as found:
            yield found
    except _ERRORS as error:
        raise BadZipFile(str(error) or type(error).__name__) from error


def read(archive: ZipFile, name: str) -> bytes:
    """Return a member. Raises BadZipFile for one that is larger than `MOST_READ`."""
    with archive.open(name) as member:
        content = member.read(MOST_READ + 1)
    if len(content) > MOST_READ:
        raise BadZipFile(f"{name} has more than {MOST_READ // (1024 * 1024)} MiB")
    return content


def wheel_metadata(wheel: bytes | IO[bytes]) -> bytes:
    """Return the METADATA of a wheel. Raises BadZipFile, and LookupError for a wheel without.

    Folders deeper in the wheel are those of vendored projects.
    """
    with opened(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dist-info/METADATA") and name.count("/") == 1:
                return read(archive, name)
    raise LookupError("the wheel has no METADATA")
