"""Requests that another site's page makes a browser send. Sources: the Fetch standard (Origin), Fetch Metadata.

A browser sends `Sec-Fetch-Site`, or at least `Origin`, with every request that can change something; a page can neither
omit nor choose them. Other clients send neither. A page whose name was rebound to this machine (DNS rebinding) has the
right `Origin` for its `Host`: over loopback, a browser has to use an address or `localhost`. An `Origin` with https is
no such page's, because this server has no certificate for its name: a proxy has ended TLS.
"""

from __future__ import annotations

from ipaddress import ip_address
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
    host = (request.headers.get("Host") or "").strip().lower()
    if origin is not None and _host(origin) != host:
        return True
    if origin is None and site is None:
        return False
    is_rebindable = not (origin or "").strip().lower().startswith("https:")
    return is_rebindable and _is_loopback(request.remote_addr or "") and not _is_local(host)


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _is_local(host: str) -> bool:
    """Return whether a host is `localhost`, a name below it, or an address: what no other site's name leads to."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
        if name == "localhost" or name.endswith(".localhost"):
            return True
        ip_address(name)
    except ValueError:
        return False
    return True


def _host(origin: str) -> str:
    """Return the host and port of an origin; an empty string for an opaque one, `null`."""
    try:
        parts = urlsplit(origin.strip())
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else ""
