"""The port of a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib.parse import SplitResult


def port_of(url: SplitResult) -> int:
    """Return the port, that of the scheme where none is stated. Raises ValueError for what is none."""
    return url.port or (443 if url.scheme == "https" else 80)
