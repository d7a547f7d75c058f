"""Faults in area `metadata`: metadata files and how pages announce them."""
