"""Faults in area `upload`: the form of an upload, its checks and its answers."""
