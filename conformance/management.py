"""What no standard describes and checks have to bring about: yanking, project status, provenance.

A registry's owner may plug in a driver; without one the checks that need it are not applicable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from reference_server.distributions import Distribution


class Management(Protocol):
    """Changes the state of projects and files. Each method raises Deviation when the target says no."""

    def yank(self, distribution: Distribution, reason: str = "") -> None:
        """Yank a file, with or without a reason."""

    def unyank(self, distribution: Distribution) -> None:
        """Take a yank back."""

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""

    def attach_provenance(self, distribution: Distribution, provenance: dict[str, Any]) -> None:
        """Give a file a provenance object."""

    def delete(self, distribution: Distribution) -> None:
        """Delete a file."""
