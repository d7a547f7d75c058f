"""What has to be installed beside a version of a client so that it works, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from packaging.specifiers import SpecifierSet


@dataclass(frozen=True, kw_only=True)
class Companion:
    """Requirements that go with some versions of a client. `newest` is whether an unnamed version needs them, too."""

    client: str
    versions: str
    requires: tuple[str, ...]
    why: str
    newest: bool = False


@cache
def _table() -> dict[str, object]:
    return tomllib.loads((files(__package__) / "companions.toml").read_text(encoding="utf-8"))


@cache
def known_clients() -> tuple[str, ...]:
    """Return the names of all clients that have a driver."""
    names = _table()["clients"]
    assert isinstance(names, list)  # noqa: S101 - our own file
    return tuple(names)


@cache
def all_companions() -> tuple[Companion, ...]:
    """Return every row of the table."""
    rows = _table()["companion"]
    assert isinstance(rows, list)  # noqa: S101 - our own file
    return tuple(Companion(**{**row, "requires": tuple(row["requires"])}) for row in rows)


def companions(client: str, version: str) -> tuple[Companion, ...]:
    """Return the rows for a version of a client; an empty version is the newest."""
    return tuple(
        each
        for each in all_companions()
        if each.client == client
        and (SpecifierSet(each.versions).contains(version, prereleases=True) if version else each.newest)
    )
