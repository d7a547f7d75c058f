"""Faults in area `negotiation`: the media type of a page."""
