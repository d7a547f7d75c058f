"""Templates of HTML that are filled with escaped values.

Those of Jinja are for the pages that people read: their import and the first compilation take longer than the first
answer may take.
"""

from __future__ import annotations

from markupsafe import Markup, escape


def filled(template: str, *values: str) -> Markup:
    """Return a template with a value for each `%s`. Values are escaped, unless they are `Markup`."""
    return Markup(template % tuple(map(escape, values)))  # noqa: S704 - every value is escaped


def joined(pieces: list[Markup]) -> Markup:
    """Return pieces of HTML as one."""
    return Markup().join(pieces)
