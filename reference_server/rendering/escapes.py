"""Text from elsewhere, for people."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with control and formatting characters as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
