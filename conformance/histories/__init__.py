"""Histories of a registry: what clients asked and were answered, and whether one order of it explains every answer."""
