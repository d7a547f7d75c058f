"""The Integrity API of PyPI."""
