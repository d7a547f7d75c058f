"""Links of pages, resolved, and never an error."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urldefrag, urljoin, urlsplit

INVALID = "about:invalid"
"""The URL that stands for a link that is no URL; the link follows as its query."""


_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)+", re.ASCII)
"""Most links of a long list: names of folders below this one. They need no parser, which takes most of the time."""

_PLAIN_BASE = re.compile(
    r"(https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*)[^/?#;]*", re.ASCII
)


def resolved(base: str, link: str) -> str:
    """Return the absolute URL of a link on a page with the URL `base`.

    Returns `about:invalid?…` for what cannot be parsed, so that everything that reads the URL can.
    Source: RFC 3986, 5.2.
    """
    folder = _folder(base)
    if folder and _PLAIN.fullmatch(link):
        return folder + link
    try:
        url = urljoin(base, link)
        _ = urlsplit(url).port  # raises ValueError
    except ValueError:
        return f"{INVALID}?{quote(link, safe='', errors='replace')}"
    return url


@lru_cache(maxsize=16)
def _folder(base: str) -> str:
    """Return the URL that plain links begin with, or nothing where they take a closer look."""
    match = _PLAIN_BASE.fullmatch(base)
    try:
        _ = urlsplit(base).port  # raises ValueError
    except ValueError:
        return ""
    return match[1] if match else ""


def resolved_file(base: str, link: str) -> tuple[str, str]:
    """Return the absolute URL of a link without its fragment, and the fragment."""
    url, fragment = urldefrag(resolved(base, link))
    return url, fragment
