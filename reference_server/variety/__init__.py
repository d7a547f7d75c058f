"""What the specifications leave open, varied by a seed."""

from reference_server.variety.variation import Variation
from reference_server.variety.variety import VARIATIONS, Variety

__all__ = ["VARIATIONS", "Variation", "Variety"]
