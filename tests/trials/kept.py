"""Outcomes of trials in a file, so that a long measurement can be stopped and continued."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parents[2]
SOURCES = frozenset({".py", ".toml", ".html"})


class Outcome(msgspec.Struct, frozen=True):
    """What came of a trial, with this state of the sources."""

    state: str
    key: str


Kind = TypeVar("Kind", bound=Outcome)


class Kept(Generic[Kind]):
    """Outcomes in a file, one a line.

    Outcomes of another state of the sources are left in the file, and do not count.
    """

    def __init__(self, path: Path, state: str, kind: type[Kind]) -> None:
        self._path = path
        lines = path.read_bytes().splitlines() if path.exists() else []
        found = (msgspec.json.decode(line, type=kind) for line in lines)
        self._by_key = {each.key: each for each in found if each.state == state}

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def __getitem__(self, key: str) -> Kind:
        return self._by_key[key]

    def add(self, outcome: Kind) -> None:
        """Keep an outcome."""
        self._by_key[outcome.key] = outcome
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(outcome) + b"\n")


def state_of(*places: str, without: Collection[Path] = ()) -> str:
    """Return a digest of the sources in these files and folders of the project."""
    digest = hashlib.sha256()
    for place in places:
        for path in (ROOT / place, *sorted((ROOT / place).rglob("*"))):
            if path.suffix in SOURCES and path not in without:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
