"""Patterns of paths, as tests and canned answers name them."""

from __future__ import annotations

import re
from functools import lru_cache

_ANY = re.compile(r"(?<![^/])\*\*(?:/\*\*)+(?![^/])")
"""Several times any number of segments, which is any number."""


@lru_cache(maxsize=1024)
def path_expression(pattern: str) -> re.Pattern[str]:
    """Return the regular expression that finds the paths of a pattern.

    The pattern names the last segments of a path, such as `simple/demo` or `demo-*.whl`, or a whole path if it begins
    with a slash. `*` stands for any characters in one segment, `?` for one, and `**` for any number of segments, even
    none. A slash at the end makes no difference. Faults understand the expression, too.
    """
    *before, last = _ANY.sub("**", pattern.strip("/")).split("/")
    body = "".join("(?:.*/)?" if each == "**" else f"{_segment(each)}/" for each in before)
    if last == "**":
        body = f"{body.removesuffix('/')}(?:/.*)?" if body else ".*"
    else:
        body += _segment(last)
    return re.compile(rf"(?:^/{'' if pattern.startswith('/') else '|/'}){body}/?$", re.DOTALL)


def _segment(pattern: str) -> str:
    parts = re.split(r"([*?])", pattern)
    kinds = {"*": "[^/]*", "?": "[^/]"}
    return "[^/]+" if pattern == "*" else "".join(kinds.get(part) or re.escape(part) for part in parts)


def names_path(pattern: str, path: str) -> bool:
    """Return whether a path is one of a pattern: see `path_expression`."""
    return path_expression(pattern).search(path) is not None
