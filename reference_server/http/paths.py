"""Patterns of paths, as tests and canned answers name them."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def path_expression(pattern: str) -> re.Pattern[str]:
    """Return the regular expression that finds the paths of a pattern.

    The pattern names the last segments of a path, such as `simple/demo` or `demo-*.whl`, or a whole path if it begins
    with a slash. `*` stands for any characters in one segment, `?` for one, and `**` for any number of segments.
    A slash at the end makes no difference. Faults understand the expression, too.
    """
    body = "/".join(_segment(each) for each in pattern.strip("/").split("/"))
    return re.compile(rf"(?:^/{'' if pattern.startswith('/') else '|/'}){body}/?$", re.DOTALL)


def _segment(pattern: str) -> str:
    whole = {"**": ".*", "*": "[^/]+"}
    parts = re.split(r"([*?])", pattern)
    kinds = {"*": "[^/]*", "?": "[^/]"}
    return whole.get(pattern) or "".join(kinds.get(part) or re.escape(part) for part in parts)


def names_path(pattern: str, path: str) -> bool:
    """Return whether a path is one of a pattern: see `path_expression`."""
    return path_expression(pattern).search(path) is not None
