"""The default faults of the report, from `faults.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from conformance.clients import Activity


@dataclass(frozen=True)
class Group:
    """Faults of one kind, each with the activities that it can affect."""

    title: str
    faults: dict[str, frozenset[Activity]]


_KEYS = {
    "both": frozenset(Activity),
    "reading": frozenset({Activity.READS}),
    "uploading": frozenset({Activity.UPLOADS}),
}


@cache
def default_groups() -> tuple[Group, ...]:
    """Return the default list."""
    text = files(__package__).joinpath("faults.toml").read_text(encoding="utf-8")
    return tuple(_group(table) for table in tomllib.loads(text)["group"])


def named_group(faults: list[str], *, met_by_all: bool) -> Group:
    """Return a group of faults that the user names.

    In: `met_by_all`, whether to try the faults with every client. Otherwise each is tried with the activities of
    the default list, or with all if the list does not contain it.
    """
    known = {
        _name(fault): activities for group in default_groups() for fault, activities in group.faults.items()
    }
    everyone = frozenset(Activity)
    activities = {fault: everyone if met_by_all else known.get(_name(fault), everyone) for fault in faults}
    return Group("Faults", activities)


def _name(fault: str) -> str:
    return fault.partition(",")[0]


def _group(table: dict[str, list[str] | str]) -> Group:
    faults = {fault: activities for key, activities in _KEYS.items() for fault in table.get(key, ())}
    return Group(str(table["title"]), faults)
