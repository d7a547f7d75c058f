"""Faults in area `auth`: credentials, challenges and what they protect."""
