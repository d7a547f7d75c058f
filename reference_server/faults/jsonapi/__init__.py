"""Faults in area `jsonapi`: PyPI's JSON API."""
