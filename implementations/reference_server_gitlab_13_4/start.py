"""Starts the reference server in its flavour `gitlab-13.4`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from implementations.reference_server.start import start as start_flavour

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from implementations.place import Place, Running


def start(place: Place) -> AbstractContextManager[Running]:
    """Start the server."""
    return start_flavour(place, "gitlab-13.4")
