"""A conformance suite for PyPI-compatible package registries."""
