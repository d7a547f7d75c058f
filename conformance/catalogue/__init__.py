"""The catalogue: every requirement, once, as data. Rows are read when one is asked for, to keep start-up light."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from conformance.catalogue.levels import Harm, Level, Standing

if TYPE_CHECKING:
    from conformance.catalogue.loader import BadRow, Catalogue, catalogue, read_catalogue
    from conformance.catalogue.model import BY_CHANCE, Requirement, Source

__all__ = [
    "BY_CHANCE",
    "BadRow",
    "Catalogue",
    "Harm",
    "Level",
    "Requirement",
    "Source",
    "Standing",
    "catalogue",
    "read_catalogue",
]

_MODULES = {
    "BY_CHANCE": "model",
    "BadRow": "loader",
    "Catalogue": "loader",
    "Requirement": "model",
    "Source": "model",
    "catalogue": "loader",
    "read_catalogue": "loader",
}


def __getattr__(name: str) -> Any:
    """Import a name from its module when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
