"""Hides what opens a presigned URL, which is a credential of its own until it expires.

Source: AWS documentation, Authenticating Requests: Using Query Parameters; Google Cloud Storage documentation, Signed
URLs; Azure Storage documentation, Service SAS; Amazon CloudFront documentation, Signed URLs;
OpenStack Swift documentation, TempURL; Akamai documentation, Token Authentication.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"

LEAST = 16
"""The length from which the value of such a parameter is no word, number or name of a page."""

_BEGINS = r"\A|[?&;~]|\\{1,8}u00(?:26|3[fF])|%(?:25)*(?:26|3[fF]|7[eE])"
_OPENS = r"(?:[a-z0-9]+[-_])*(?:signature|credential|token|sig|hmac)|hdnts"
"""Names of parameters whose values open something: of object stores, and of content delivery networks."""
_WITHIN = ("sig", "token", "credential", "hmac", "hdnts")
"""Each of these names has one of these in it. Most texts have none of them, which is found out quickly."""
_EQUALS = r"=|\\{1,8}u003[dD]|%(?:25)*3[dD]"
_VALUE = rf"(?:(?!%(?:25)*(?:26|23)|\\{{1,8}}u00)[^\s&\"'<>;#]){{{LEAST},}}"

_PARAMETER = re.compile(f"(?i:((?:{_BEGINS})(?:{_OPENS})(?:{_EQUALS})){_VALUE})")

_FIELDS = r"x-(?:amz|goog)-(?:[a-z0-9]+-)*(?:signature|credential|token)|(?:[a-z0-9]+[-_])+signature"
"""The same names as keys in JSON. A mere `signature` is left: that of an attestation opens nothing."""
_QUOTE = r"\\{0,7}[\"']"
_FIELD = re.compile(rf"(?i:({_QUOTE}(?:{_FIELDS}){_QUOTE}\s*:\s*{_QUOTE})(?:[^\s\"'<>\\]|\\+/){{{LEAST},}})")


def hide_presigned(text: str) -> str:
    """Return a text with the values masked that open presigned URLs, encoded ones among them."""
    if not _may_open(text):
        return text
    return _FIELD.sub(rf"\g<1>{MASK}", _PARAMETER.sub(rf"\g<1>{MASK}", text))


def hide_presigned_values(table: Mapping[str, str]) -> dict[str, str]:
    """Return the same table, with the values masked that open presigned URLs. It is looked at as a whole first."""
    if not _may_open("\n".join(table.values())):
        return dict(table)
    return {key: hide_presigned(value) for key, value in table.items()}


def _may_open(text: str) -> bool:
    lower = text.lower()
    return any(name in lower for name in _WITHIN)
