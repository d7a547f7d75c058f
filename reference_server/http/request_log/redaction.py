"""Keeps secrets out of the log: of header fields, queries and bodies."""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from urllib.parse import unquote_plus

HIDDEN = "[hidden]"

_SECRET = re.compile(r"authorization|cookie|token|secret|passw|api[-_]?key|signature", re.IGNORECASE)
"""Names of header fields, parameters and form fields whose values are secrets."""

_USERINFO = re.compile(r"(?<=//)[^/?#@\s]*@")
_JSON_SECRET = re.compile(
    rf'("[^"]*(?:{_SECRET.pattern})[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}}\]\s]+)', re.IGNORECASE
)


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Return whether the value under this name is a secret."""
    return _SECRET.search(name) is not None


def header_value(value: str) -> str:
    """Return the value of a secret header field with its scheme only, such as `Basic [hidden]`."""
    scheme, space, _ = value.strip().partition(" ")
    return f"{scheme} {HIDDEN}" if space and scheme.isalpha() else HIDDEN


def url(text: str) -> str:
    """Return a URL or a path without its user name and password, and without secret parameters."""
    text = _USERINFO.sub(f"{HIDDEN}@", text)
    before, mark, query = text.partition("?")
    return before + mark + parameters(query)


def parameters(query: str) -> str:
    """Return a query, or the body of a form, without its secrets."""
    return "&".join(map(_parameter, query.split("&"))) if query else ""


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret(unquote_plus(name)) else pair


def body(text: str, content_type: str) -> str:
    """Return a body of text without its secrets."""
    if "x-www-form-urlencoded" in content_type:
        return parameters(text)
    return _JSON_SECRET.sub(rf'\1"{HIDDEN}"', text)


def user_name(authorization: str) -> str:
    """Return the user name of Basic credentials; nothing without a password, as then the name may be the secret."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        name, _, password = b64decode(value.strip()).decode("utf-8", "replace").partition(":")
    except ValueError:
        return ""
    return name if password else ""
