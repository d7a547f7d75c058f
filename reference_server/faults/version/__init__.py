"""Faults in area `version`: the versions that uploads carry."""
