"""Faults in area `consistency`: what pages say and what is stored drift apart."""
