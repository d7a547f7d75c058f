"""Races: requests at the same moment, read back round by round."""
