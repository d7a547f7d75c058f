"""Uploads that are broken, or break off."""
