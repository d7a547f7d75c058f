"""The field Host of a request. Sources: RFC 9112, section 3.2; RFC 3986, section 3.2.2; RFC 9110, section 4.2.1."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST = re.compile(r"(?:[A-Za-z0-9._~%-]{1,255}|\[([0-9A-Fa-f:.]{2,45})\])(?::[0-9]{0,5})?", re.ASCII)


def has_valid_host(environ: Mapping[str, str]) -> bool:
    """Return whether a request has exactly one valid Host, which only HTTP/1.0 can do without.

    Servers join two fields with a comma, which no host name has. granian takes the host of a target that is a whole URL
    where the field is missing: the environment does not show that.
    """
    host = environ.get("HTTP_HOST", "").strip(" \t")
    if not host:
        return environ.get("SERVER_PROTOCOL") in {"HTTP/1.0", "HTTP/1"}  # granian leaves the zero out
    found = _HOST.fullmatch(host)
    if found is None or found[1] is None:
        return found is not None
    try:
        IPv6Address(found[1])
    except AddressValueError:
        return False
    return True
