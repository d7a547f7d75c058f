"""Faults in area `http`: methods, caches, ranges, connections."""
