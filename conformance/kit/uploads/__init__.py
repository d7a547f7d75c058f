"""Uploads: what checks publish, and what a registry has to make of it."""
