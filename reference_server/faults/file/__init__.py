"""Faults in area `file`: names of distribution files."""
