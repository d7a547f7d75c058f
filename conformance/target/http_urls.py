"""What a URL has to be that requests with a credential go to."""

from __future__ import annotations

from urllib.parse import urlsplit


def has_userinfo(url: str) -> bool:
    """Return whether a URL holds a user name or a password."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def is_http(url: str) -> bool:
    """Return whether this is an http(s) URL with a host, and with a port that there is."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
