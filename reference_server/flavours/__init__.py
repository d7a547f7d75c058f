"""What differs from vendor to vendor: the URLs, and the rules."""

from reference_server.flavours.flavour import (
    FLAVOURS,
    REFERENCE,
    Flavour,
    Layout,
    UnknownFlavourError,
    flavour_named,
)

__all__ = ["FLAVOURS", "REFERENCE", "Flavour", "Layout", "UnknownFlavourError", "flavour_named"]
