"""Links of pages, resolved, and never an error."""

from __future__ import annotations

from urllib.parse import quote, urldefrag, urljoin, urlsplit

INVALID = "about:invalid"
"""The URL that stands for a link that is no URL; the link follows as its query."""


def resolved(base: str, link: str) -> str:
    """Return the absolute URL of a link on a page with the URL `base`.

    Returns `about:invalid?…` for what cannot be parsed, so that everything that reads the URL can.
    Source: RFC 3986, 5.2.
    """
    try:
        url = urljoin(base, link)
        _ = urlsplit(url).port  # raises ValueError
    except ValueError:
        return f"{INVALID}?{quote(link, safe='', errors='replace')}"
    return url


def resolved_file(base: str, link: str) -> tuple[str, str]:
    """Return the absolute URL of a link without its fragment, and the fragment."""
    url, fragment = urldefrag(resolved(base, link))
    return url, fragment
