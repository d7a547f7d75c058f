"""Starts the reference server with its state in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from implementations.reference_server.start import start as start_with

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from implementations.place import Place, Running


def start(place: Place) -> AbstractContextManager[Running]:
    """Start the server with a new store."""
    return start_with(place, "reference", "--store", place.work / "store")
