"""Checks of PyPI's JSON API."""
