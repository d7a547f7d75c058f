"""Faults in area `integrity`: the API that serves provenance objects."""
