"""Checks of the simple repository API: its URLs and its pages, in HTML and in JSON."""
