"""Faults in area `name`: the names that uploads carry."""
