"""Faults in area `provenance`: provenance objects and the links to them."""
