"""Flavours by name. The vendors' modules are imported when one of them is asked for: most servers need none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.flavours.reference import REFERENCE

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour


class UnknownFlavourError(UserError, LookupError):
    """No flavour has this name. The message lists all flavours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no flavour {name!r}; choose {', '.join(flavour_names())}")


def all_flavours() -> tuple[Flavour, ...]:
    """Return all flavours. The first one of a profile is its default."""
    from reference_server.flavours.table import FLAVOURS

    return FLAVOURS


def flavour_names() -> list[str]:
    """Return the names of all flavours, and of each with one of its settings, such as `gitlab+json`."""
    return [
        name
        for each in all_flavours()
        for name in (each.name, *(f"{each.name}+{s.name}" for s in each.settings))
    ]


def flavour_named(name: str) -> Flavour:
    """Find a flavour. Its settings may follow its name, such as `gitlab+json`. Raises `UnknownFlavourError`."""
    base, *settings = name.split("+")
    for flavour in (REFERENCE,) if base == REFERENCE.name else all_flavours():
        if flavour.name == base:
            return _with(flavour, settings, name)
    raise UnknownFlavourError(name)


def _with(flavour: Flavour, settings: list[str], name: str) -> Flavour:
    known = {each.name: each for each in flavour.settings}
    if not known.keys() >= set(settings):
        raise UnknownFlavourError(name)
    for each in settings:
        flavour = known[each].change(flavour)
    return replace(flavour, name=name)
