"""The flavours: URLs and rules per vendor."""

from reference_server.flavours.flavour import Flavour, Layout
from reference_server.flavours.named import UnknownFlavourError, all_flavours, flavour_named, flavour_names
from reference_server.flavours.reference import REFERENCE

__all__ = [
    "REFERENCE",
    "Flavour",
    "Layout",
    "UnknownFlavourError",
    "all_flavours",
    "flavour_named",
    "flavour_names",
]
