"""The flavours: URLs and rules per vendor."""

from reference_server.flavours.flavour import Flavour, Layout
from reference_server.flavours.reference import REFERENCE
from reference_server.flavours.table import FLAVOURS, UnknownFlavourError, flavour_named, flavour_names

__all__ = [
    "FLAVOURS",
    "REFERENCE",
    "Flavour",
    "Layout",
    "UnknownFlavourError",
    "flavour_named",
    "flavour_names",
]
