"""Where redirects lead by now: some registries make another URL each time, such as a presigned one.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = "***"
"""What stands for the part of a URL that opens it."""

OPENS = re.compile(r"([?&;][^\s=?&;]*(?:signature|credential|token|sig|hmac)=)[^\s&;#\"'<>]+", re.IGNORECASE)
"""The parameters of a presigned URL that open it: their names, then their values."""


def learn(led: dict[str, str], step: dict[str, Any], target: str, headers: Mapping[str, str]) -> None:
    """Add where the redirect of a step led to, with where that of its repetition at `target` leads to."""
    then, now = location(dict(step["answered"])), location(headers)
    if then and now:
        with suppress(ValueError):  # a Location that is no URL leads nowhere
            led[urljoin(step["url"], then)] = urljoin(target, now)


def location(headers: Mapping[str, str]) -> str:
    """Return where a redirect leads to; nothing where an answer is none."""
    return next((value for name, value in headers.items() if name.lower() == "location"), "")


def masked(text: str) -> str:
    """Return a text with what opens the presigned URLs in it masked."""
    return OPENS.sub(rf"\g<1>{HIDDEN}", text)


def comparable(value: str, then: str) -> str:
    """Return what counts of a header field: of a URL whose query was hidden, the part before the query."""
    return value.partition("?")[0] if HIDDEN in then.partition("?")[2] else value
