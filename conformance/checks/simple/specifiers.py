"""Values of Requires-Python, compared by what they mean."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet


def is_same(found: str | None, wanted: str) -> bool:
    """Tell whether two specifiers are equal, in whatever order and spacing."""
    try:
        return found is not None and SpecifierSet(found) == SpecifierSet(wanted)
    except InvalidSpecifier:
        return False
