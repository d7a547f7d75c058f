"""How strictly a registry is held to validating uploads: as its profile and its registry.toml ask for.

What a specification lets a registry accept is no deviation of one that accepts it, nor of one that refuses a part of
it: both get a note, with who suffers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from conformance.catalogue.features import features_in
from conformance.catalogue.levels import Level
from conformance.target import VALIDATION

if TYPE_CHECKING:
    from conformance.catalogue import Requirement
    from conformance.target import Target


def held_to(requirement: Requirement, target: Target) -> Requirement:
    """Return the requirement as it binds a target: with level MAY where neither side asks for its validation."""
    return replace(requirement, level=Level.MAY) if unasked(requirement, target) else requirement


def unasked(requirement: Requirement, target: Target) -> list[str]:
    """Return the validations of a requirement that neither the target's profile nor its registry.toml asks for."""
    wanted = features_in(requirement.feature) & VALIDATION
    return sorted(wanted - target.profile.features - target.features)
