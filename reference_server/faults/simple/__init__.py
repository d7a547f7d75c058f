"""Faults in area `simple`: the simple index."""
