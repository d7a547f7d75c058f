"""The flavours: URLs and rules per vendor."""

from reference_server.flavours.flavour import (
    FLAVOURS,
    REFERENCE,
    Flavour,
    Layout,
    UnknownFlavourError,
    flavour_named,
)

__all__ = ["FLAVOURS", "REFERENCE", "Flavour", "Layout", "UnknownFlavourError", "flavour_named"]
