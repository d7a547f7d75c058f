"""Where redirects lead by now: some registries make another URL each time, such as a presigned one.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = "***"
"""What stands for the part of a URL that opens it."""


def learn(led: dict[str, str], step: dict[str, Any], target: str, headers: Mapping[str, str]) -> None:
    """Add where the redirect of a step led to, with where that of its repetition at `target` leads to."""
    then, now = location(dict(step["answered"])), location(headers)
    if then and now:
        led[urljoin(step["url"], then)] = urljoin(target, now)


def location(headers: Mapping[str, str]) -> str:
    """Return where a redirect leads to; nothing where an answer is none."""
    return next((value for name, value in headers.items() if name.lower() == "location"), "")


def comparable(value: str, then: str) -> str:
    """Return what counts of a header field: of a URL whose query was hidden, the part before the query."""
    return value.partition("?")[0] if HIDDEN in then.partition("?")[2] else value
