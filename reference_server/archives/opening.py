"""Opens archives; what reads them is imported with the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.archives.archive import is_zip
from reference_server.model.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.model.blob import Blob

    Opener = Callable[[str, Blob, ArchiveLimits], Archive | None]


def open_archive(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
    """Read a wheel or an sdist to its end. Returns None for the file name of another type.

    Raises `ArchiveUnreadableError` for a broken or truncated archive, and `ArchiveTooLargeError`.
    """
    if not is_zip(filename) and not filename.endswith(".tar.gz"):
        return None
    from reference_server.archives.reading import read  # with zipfile and tarfile: a start needs neither

    return read(filename, blob, limits)


def leniently(opener: Opener) -> Opener:
    """Return an opener that returns None for archives that `opener` refuses."""

    def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
        try:
            return opener(filename, blob, limits)
        except ArchiveError:
            return None

    return opened
