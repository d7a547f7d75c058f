"""Keeps secrets out of everything that is kept or shown."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"


class Redactor:
    """Replaces passwords by `***`, in every form they travel in.

    Takes pairs of user name and password. A password is also found where a line break splits it:
    clients fold what a registry answers at the width of a terminal.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        forms = {form for username, password in secrets if password for form in _forms(username, password)}
        longest_first = sorted(forms, key=len, reverse=True)
        pattern = "|".join(r"(?:\s*\n\s*)?".join(map(re.escape, form)) for form in longest_first)
        self._pattern = re.compile(pattern) if pattern else None

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(username: str, password: str) -> set[str]:
    """Return the password as it is, in a URL, in JSON and HTML, and in a Basic header (RFC 7617)."""
    pair = f"{username}:{password}"
    pairs = {pair.encode(), pair.encode("latin-1", errors="replace")}
    escaped = {quote(password, safe=""), quote(password), json.dumps(password)[1:-1], html.escape(password)}
    return {password} | escaped | {b64encode(pair).decode() for pair in pairs}
