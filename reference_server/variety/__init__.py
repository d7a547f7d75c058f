"""Everything that the specifications leave open, in another way for every seed."""

from reference_server.variety.variation import Variation
from reference_server.variety.variety import VARIATIONS, Variety

__all__ = ["VARIATIONS", "Variation", "Variety"]
