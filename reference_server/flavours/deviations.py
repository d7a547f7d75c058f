"""What flavours do otherwise than the suite requires, with the sources: `gitlab_deviations.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One behaviour of some flavours, with the requirements of the suite that are not met."""

    what: str
    source: str
    flavours: tuple[str, ...]
    requirements: tuple[str, ...]


@cache
def deviations() -> tuple[Deviation, ...]:
    """Return the table, row by row."""
    text = files("reference_server.flavours").joinpath("gitlab_deviations.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["deviation"]
    return tuple(
        Deviation(
            what=row["what"],
            source=row["source"],
            flavours=tuple(row["flavours"]),
            requirements=tuple(row["requirements"]),
        )
        for row in rows
    )


def deviating(flavour: str) -> frozenset[str]:
    """Return the ids of the requirements that a flavour does not meet; with settings, those without them, too."""
    base, *settings = flavour.split("+")
    names = {base, *(f"{base}+{each}" for each in settings)}
    return frozenset(
        name for each in deviations() if names.intersection(each.flavours) for name in each.requirements
    )
