"""The words that style keeps out of everything that people read."""

from __future__ import annotations

import re

KEPT_OUT = ("nobody", "whoever", "by itself", "of then", "had failed", "what comes", "mighty")
"""Words for which plain English has a noun, an imperative or a positive sentence."""
NOT_NAMES = ("told", "said", "shown", "heard")
"""Participles that name no thing and no deed."""


def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds each of the words, in any letter case."""
    return re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)
