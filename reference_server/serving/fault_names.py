"""The names of everything that a server can do wrong, for those who see this room only."""

from __future__ import annotations

from reference_server.faults import all_faults


def fault_names() -> list[str]:
    """Return the names of all faults."""
    return sorted(kind().name for kind in all_faults())
