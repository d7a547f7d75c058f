"""Wheels and sdists in memory: small, reproducible, and valid or broken in exactly one way."""

from reference_server.distributions.distribution import Distribution
from reference_server.distributions.invalid import INVALID, UnknownKindError, invalid
from reference_server.distributions.metadata import Metadata
from reference_server.distributions.sdist import sdist
from reference_server.distributions.wheel import wheel

__all__ = ["INVALID", "Distribution", "Metadata", "UnknownKindError", "invalid", "sdist", "wheel"]
