"""Credentials are taken out of everything that is kept of a client's run."""

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


def redact(text: str, secrets: Iterable[tuple[str, str]]) -> str:
    """Return `text` with `***` for each password in `secrets`, pairs of user name and password.

    A password is found in every form it travels in, and also where a line break splits it:
    clients fold what a server answers at the width of a terminal.
    """
    forms = {form for username, password in secrets if password for form in _forms(username, password)}
    if not forms:
        return text
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = "|".join(r"(?:\s*\n\s*)?".join(map(re.escape, form)) for form in longest_first)
    return re.sub(pattern, MASK, text)


def _forms(username: str, password: str) -> set[str]:
    """Return the password as it is, in a URL, in JSON and HTML, and in a Basic header (RFC 7617)."""
    pair = f"{username}:{password}"
    pairs = {pair.encode(), pair.encode("latin-1", errors="replace")}
    escaped = {quote(password, safe=""), quote(password), json.dumps(password)[1:-1], html.escape(password)}
    return {password} | escaped | {b64encode(pair).decode() for pair in pairs}
