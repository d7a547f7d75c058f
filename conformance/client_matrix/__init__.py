"""Clients in several versions, one after the other, through the scenarios of their users."""
