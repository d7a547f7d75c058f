"""The content of a distribution, which is read once, within limits, in constant memory, without unpacking it to disk.

No statement of an archive is trusted, least of all its sizes.
Source: PyPA "Binary distribution format", "Source distribution format".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.archives.member import Member

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """Limits on the content of an archive. Sizes are in bytes.

    `members` is the number of members (the published sdists of Ansible have some 22,000); `path` the length of the path
    of one; `directory` the size of a zip archive's central directory; `document` that of the metadata; `unpacked` that
    of all members. Above `ratio_from`, an archive may unpack to at most `ratio` times its own size.
    """

    members: int = 50_000
    path: int = 4096
    directory: int = 16 * MEGABYTE
    document: int = 8 * MEGABYTE
    unpacked: int = 1024 * MEGABYTE
    ratio: int = 100
    ratio_from: int = 32 * MEGABYTE

    def most_unpacked(self, packed: int) -> int:
        """Return the number of bytes that an archive of this size may unpack to."""
        return min(self.unpacked, max(self.ratio_from, self.ratio * packed))


LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class Document:
    """A metadata file in an archive."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The content of a distribution: its members in order, and its metadata files."""

    filename: str
    members: tuple[Member, ...]
    documents: tuple[Document, ...]


def is_document(path: str, filename: str) -> bool:
    """Return whether a distribution with this file name may have its metadata under this path."""
    folder, _, name = path.removeprefix("./").partition("/")
    if filename.endswith(".whl"):
        return name == "METADATA" and folder.endswith(".dist-info")
    return name == "PKG-INFO"


def is_zip(filename: str) -> bool:
    """Return whether this is the file name of a zip archive."""
    return filename.endswith((".whl", ".zip"))
