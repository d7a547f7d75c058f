"""What looks like a credential, known or not: no message shows it, and no report, whoever wrote the result."""

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

_MASKED = (
    (r"(:(?:\\?/){2})[^/\s@?#\"'<>\\]+@", rf"\g<1>{MASK}@"),
    (r"(?i)(%3A%2F%2F)(?:(?!%2F)[^/\s@?#\"'<>])+(%40)", rf"\g<1>{MASK}\g<2>"),
    (r"\b([Bb]asic|[Bb]earer) +(?=\S*[A-Z0-9=])[A-Za-z0-9+/._~=-]{8,}", rf"\g<1> {MASK}"),
    (
        r"(?i)\b((?:private|job|deploy|access)[-_]token[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;<>]{8,}",
        rf"\g<1>{MASK}",
    ),
)
"""What stands before `@` in a URL (RFC 3986, 3.2.1), also in one within another; what a header field of HTTP
authentication carries; and tokens by the names that GitLab's header fields and parameters have."""

_REPLACED = tuple((re.compile(pattern), by) for pattern, by in _MASKED)
_USERINFO = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)?.*@", re.DOTALL)


def concealed(text: str) -> str:
    """Return text without user names and passwords in URLs, and without the credentials of a header field."""
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    return text


def concealed_url(url: str) -> str:
    """Return a URL that somebody gave, which may be none at all, without what stands before its last `@`."""
    return concealed(_USERINFO.sub(rf"\g<1>{MASK}@", url, count=1))


def concealed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields with the values of those concealed that carry a secret; a scheme is kept."""
    return {
        name: _scheme(str(value)) + MASK if name.lower() in SECRET_HEADERS else concealed(str(value))
        for name, value in headers.items()
    }


def _scheme(value: str) -> str:
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} " if blank and scheme in {"Basic", "Bearer"} else ""
