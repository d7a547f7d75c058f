"""URLs: their origin, the way to the registry, and the address of a metadata file."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

LOOPBACK = ("localhost", "::1")


def metadata_url(url: str) -> str:
    """Return the URL of a file's metadata file: `.metadata` is appended to the path."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))


def is_absolute(url: str) -> bool:
    """Tell whether a URL has a scheme and a host."""
    parts = _split(url)
    return bool(parts.scheme and parts.hostname)


def loses_the_way(link: str, index_url: str) -> bool:
    """Tell whether a URL has the host of the index, and another scheme or port: that of a server behind a proxy."""
    to, asked = _split(link), _split(index_url)
    return to.hostname == asked.hostname and (to.scheme, _port(to)) != (asked.scheme, _port(asked))


def _port(url: SplitResult) -> int | None:
    """Return the port of a URL; what is none, such as 99999 or letters, is -1: it is no server's."""
    try:
        return url.port or {"http": 80, "https": 443}.get(url.scheme)
    except ValueError:
        return -1


def _split(url: str) -> SplitResult:
    """Return the parts of a URL; what is none, such as `http://[`, has none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def is_secure(url: str) -> bool:
    """Tell whether a URL's origin is secure: https, or this machine. Source: W3C "Secure Contexts"."""
    parts = _split(url)
    host = parts.hostname or ""
    local = host in LOOPBACK or host.startswith("127.") or host.endswith(".localhost")
    return parts.scheme == "https" or local
