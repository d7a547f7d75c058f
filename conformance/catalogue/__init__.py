"""The catalogue: every requirement, once, as data."""

from conformance.catalogue.loader import BadRow, Catalogue, catalogue, read_catalogue
from conformance.catalogue.model import Level, Requirement, Source, Standing

__all__ = ["BadRow", "Catalogue", "Level", "Requirement", "Source", "Standing", "catalogue", "read_catalogue"]
