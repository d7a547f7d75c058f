"""Faults in area `security`: what an attacker can exploit."""
