"""Provenance objects."""
