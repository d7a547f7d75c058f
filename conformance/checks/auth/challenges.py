"""The challenge of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.http import Answer


def challenge(answer: Answer) -> str:
    """Return the field WWW-Authenticate; nothing where there is none."""
    return answer.headers.get("WWW-Authenticate", "").strip()
