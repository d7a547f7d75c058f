"""Hides everything that looks like a credential, known or unknown, in messages and reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.wire.presigned import MASK, hide_presigned, hide_presigned_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
"""The user information of a URL (RFC 3986, 3.2.1), also of an encoded one; the value of an Authorization header
field; and tokens after the names of GitLab's header fields and parameters."""

_REPLACED = tuple((re.compile(pattern), by) for pattern, by in _MASKED)
_USERINFO = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)?.*@", re.DOTALL)


def hide_credentials(text: str) -> str:
    """Return text with every credential in URLs and header fields masked."""
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    return hide_presigned(text)


def hide_credentials_in_url(url: str) -> str:
    """Return a URL, valid or not, with everything before its last `@` masked."""
    return hide_credentials(_USERINFO.sub(rf"\g<1>{MASK}@", url, count=1))


def without_secrets(text: str, redact: Callable[[str], str]) -> str:
    """Return a text without the secrets of a target, which `redact` knows, and without those in URLs of its answers."""
    return hide_credentials(redact(text))


def hide_credentials_in_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields with secret values masked. The authentication scheme is kept, in its case."""
    fields = {name: str(value) for name, value in headers.items()}
    others = {name: value for name, value in fields.items() if name.lower() not in SECRET_HEADERS}
    text = "\n".join(others.values())
    if any(pattern.search(text) for pattern, _ in _REPLACED):
        shown = {name: hide_credentials(value) for name, value in others.items()}
    else:
        shown = hide_presigned_values(others)
    return {name: shown.get(name, _scheme(value) + MASK) for name, value in fields.items()}


def _scheme(value: str) -> str:
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} " if blank and scheme.lower() in {"basic", "bearer"} else ""
