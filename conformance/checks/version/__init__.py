"""Versions at upload."""
