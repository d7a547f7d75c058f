"""The table of all flavours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.flavours.gitlab import GITLAB, GITLAB_13_4
from reference_server.flavours.pypi import PYPI
from reference_server.flavours.reference import REFERENCE

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour

FLAVOURS: tuple[Flavour, ...] = (REFERENCE, PYPI, GITLAB_13_4, GITLAB)
"""All flavours. A new one needs a module and a place here. The first one of a profile is its default."""


class UnknownFlavourError(UserError, LookupError):
    """No flavour has this name. The message lists all flavours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no flavour {name!r}; choose {', '.join(each.name for each in FLAVOURS)}")


def flavour_named(name: str) -> Flavour:
    """Find a flavour. Raises `UnknownFlavourError`."""
    for flavour in FLAVOURS:
        if flavour.name == name:
            return flavour
    raise UnknownFlavourError(name)
