"""Keeps secrets out of everything that is kept or shown."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"


class Redactor:
    """Replaces passwords, in every form they travel in, by `***`.

    Takes pairs of user name and password. The forms: as it is, percent-encoded, in an HTTP Basic
    header, escaped for JSON and for HTML.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        forms = {form for username, password in secrets if password for form in _forms(username, password)}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _forms(username: str, password: str) -> set[str]:
    basic = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {
        password,
        quote(password, safe=""),
        quote(password),
        basic,
        json.dumps(password)[1:-1],
        html.escape(password),
    }
