"""Requests that another site's page makes a browser send. Sources: the Fetch standard (Origin), Fetch Metadata.

A browser sends `Sec-Fetch-Site`, or at least `Origin`, with every request that can change something; a page can neither
omit nor choose them. Other clients send neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reference_server.model.errors import ForbiddenError

if TYPE_CHECKING:
    from werkzeug import Request

READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})


class CrossSiteError(ForbiddenError):
    """Another site's page sent the request."""

    message = "403 Forbidden - Cross-site request"


def is_cross_site(request: Request) -> bool:
    """Return whether a page of another origin sent a request that can change something.

    The scheme of `Origin` is not compared: a proxy may have ended TLS.
    """
    if request.method in READING:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site.strip().lower() not in OWN:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and _host(origin) != (request.headers.get("Host") or "").strip().lower()


def _host(origin: str) -> str:
    """Return the host and port of an origin; an empty string for an opaque one, `null`."""
    try:
        parts = urlsplit(origin.strip())
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else ""
