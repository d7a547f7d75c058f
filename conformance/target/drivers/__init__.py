"""Drivers change what no standard API can change: one table, one module per registry. See docs/drivers.md."""

from conformance.target.drivers.driver import (
    DELETIONS,
    Ability,
    Driver,
    DriverSettings,
    File,
)
from conformance.target.drivers.refusals import CannotDo, NotFound, NotThere, Promised

__all__ = [
    "DELETIONS",
    "Ability",
    "CannotDo",
    "Driver",
    "DriverSettings",
    "File",
    "NotFound",
    "NotThere",
    "Promised",
]
