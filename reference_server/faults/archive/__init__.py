"""Faults in area `archive`: the contents of distributions."""
