"""Requests that meet."""
