"""Hides what opens a presigned URL, which is a credential of its own until it expires.

Source: AWS documentation, Authenticating Requests: Using Query Parameters; Google Cloud Storage documentation, Signed
URLs; Azure Storage documentation, Service SAS; Amazon CloudFront documentation, Signed URLs;
OpenStack Swift documentation, TempURL; Akamai documentation, Token Authentication.
"""

from __future__ import annotations

import re

MASK = "***"

LEAST = 16
"""The length from which the value of such a parameter is no word, number or name of a page."""

_BEGINS = r"\A|[?&;~]|\\{1,8}u00(?:26|3[fF])|%(?:25)*(?:26|3[fF]|7[eE])"
_OPENS = r"(?:[a-z0-9]+[-_])*(?:signature|credential|token|sig|hmac)|hdnts"
"""Names of parameters whose values open something: of object stores, and of content delivery networks."""
_ENDINGS = ("signature", "credential", "token", "sig", "hmac", "hdnts")
"""What each of these names ends with. Most texts have none of them, which is found out quickly."""
_EQUALS = r"=|\\{1,8}u003[dD]|%(?:25)*3[dD]"
_VALUE = rf"(?:(?!%(?:25)*(?:26|23)|\\{{1,8}}u00)[^\s&\"'<>;#]){{{LEAST},}}"

_PARAMETER = re.compile(f"(?i:((?:{_BEGINS})(?:{_OPENS})(?:{_EQUALS})){_VALUE})")

_FIELDS = r"x-(?:amz|goog)-(?:[a-z0-9]+-)*(?:signature|credential|token)|(?:[a-z0-9]+[-_])+signature"
"""The same names as keys in JSON. A mere `signature` is left: that of an attestation opens nothing."""
_QUOTE = r"\\{0,7}[\"']"
_FIELD = re.compile(rf"(?i:({_QUOTE}(?:{_FIELDS}){_QUOTE}\s*:\s*{_QUOTE})(?:[^\s\"'<>\\]|\\+/){{{LEAST},}})")


def hide_presigned(text: str) -> str:
    """Return a text with the values masked that open presigned URLs, encoded ones among them."""
    lower = text.lower()
    if not any(ending in lower for ending in _ENDINGS):
        return text
    return _FIELD.sub(rf"\g<1>{MASK}", _PARAMETER.sub(rf"\g<1>{MASK}", text))
