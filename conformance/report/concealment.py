"""What no report shows, whoever wrote the result: the second lock, after the redaction of the run itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.wire.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "deploy-token",
        "job-token",
        "private-token",
        "proxy-authorization",
        "set-cookie",
    }
)
"""Header fields that carry a secret, in lower case."""

_USERINFO = re.compile(r"(?<=://)[^/\s@?#\"'<>]*:[^/\s@?#\"'<>]*@")
_AUTHORIZATION = re.compile(r"\b(Basic|Bearer) +[A-Za-z0-9+/._~=-]{12,}")


def concealed(text: str) -> str:
    """Return text without passwords in URLs (RFC 3986, 3.2.1) and without the credentials of a header field."""
    return _AUTHORIZATION.sub(rf"\1 {MASK}", _USERINFO.sub(f"{MASK}@", text))


def concealed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields with the values of those concealed that carry a secret; a scheme is kept."""
    return {
        name: _scheme(str(value)) + MASK if name.lower() in SECRET_HEADERS else concealed(str(value))
        for name, value in headers.items()
    }


def _scheme(value: str) -> str:
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} " if blank and scheme in {"Basic", "Bearer"} else ""
