"""Attestations that come with an upload."""
