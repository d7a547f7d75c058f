"""A member of an archive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a member of an archive."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    SPARSE = "sparse file"
    SPECIAL = "special file"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive according to its header. `size` is in bytes; `target` is that of a link."""

    path: str
    kind: Kind = Kind.FILE
    size: int = 0
    target: str = ""
