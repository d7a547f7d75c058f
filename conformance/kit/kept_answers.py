"""Answers that a cache may keep: they may be older than what a run waits for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.http import Answer

WAIT_LONGER = "run with --settle N, the seconds that the cache keeps it"

_LIFETIME = re.compile(r"(?<![\w-])(?:s-maxage|max-age)=\"?(\d+)", re.IGNORECASE)
_CACHES = re.compile(r"age|via|x-served-by|(?!.*control$).*cache.*", re.IGNORECASE)
"""The header fields of caches. Source: RFC 9111, 5.1; RFC 9110, 7.6.3."""


def may_be_kept(answer: Answer, limit: float) -> bool:
    """Tell whether a header field is of a cache, or lets one keep an answer for longer than `limit` seconds."""
    ages = _LIFETIME.findall(answer.headers.get("Cache-Control", ""))
    return any(map(_CACHES.fullmatch, answer.headers)) or any(int(age) > limit for age in ages)


def not_kept(outdated: Iterable[Answer], limit: float) -> list[Answer]:
    """Return the outdated answers that no cache may have kept for longer than `limit` seconds.

    Raises Untestable where there are some, and a cache may have kept them all.
    """
    every = list(outdated)
    found = [answer for answer in every if not may_be_kept(answer, limit)]
    if every and not found:
        raise Untestable(
            f"a cache may keep an answer for longer than the run waits ({every[0]}), so an outdated one proves "
            f"nothing; {WAIT_LONGER}"
        )
    return found
