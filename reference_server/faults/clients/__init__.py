"""Faults in area `clients`: caught only by running a real client."""
