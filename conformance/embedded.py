"""The target that is always there: the reference server, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from conformance.target import target_from_table
from reference_server.hosting import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.target import Target


@contextmanager
def embedded_target() -> Iterator[Target]:
    """Start a reference server on a free loopback port, and stop it at the end."""
    with ReferenceServer() as server:
        yield target_from_table(server.target(), embedded=True)
