"""Links of pages, made absolute."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit


def resolved(base: str, link: str) -> str:
    """Return the URL that a link leads to. One that is no URL, such as `http://[`, becomes a path that is not there."""
    try:
        url = urljoin(base, link)
        urlsplit(url)
    except ValueError:
        return urljoin(base, quote(link, safe=""))
    return url
