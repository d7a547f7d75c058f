"""Faults in area `status`: the status of projects."""
