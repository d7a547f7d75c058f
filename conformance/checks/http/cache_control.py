"""The header Cache-Control."""

from __future__ import annotations

import re


def max_ages(cache_control: str) -> list[int]:
    """Return every max-age that a Cache-Control states, in seconds."""
    return [int(age) for age in re.findall(r"(?<![\w-])max-age=\"?(\d+)", cache_control.lower())]
