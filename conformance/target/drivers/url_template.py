"""URLs in the settings of drivers: with placeholders in braces that stand for what a request is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from conformance.target.drivers.refusals import CannotDo
from conformance.target.http_urls import has_userinfo, is_http

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SECRET = re.compile(r".*(token|passw|secret|api[-_]?key).*|auth|key|sig|signature", re.IGNORECASE)
"""Names of query parameters whose values open something."""


def placeholders(template: str) -> set[str]:
    """Return what stands in braces."""
    return set(_PLACEHOLDER.findall(template))


def template_mistake(template: str, allowed: Collection[str]) -> str:
    """Return what is wrong with a URL in which each of these may stand in braces; empty where nothing is."""
    if unknown := placeholders(template) - set(allowed):
        known = ", ".join(f"{{{each}}}" for each in sorted(allowed))
        return f"expected braces around one of {known}; found {{{min(unknown)}}}"
    bare = _PLACEHOLDER.sub("", template)
    if "{" in bare or "}" in bare:
        return (
            f"expected a brace to close each that opens, and none besides; found {_without_secrets(template)}"
        )
    if "#" in template:
        return f"expected a URL without a fragment, which is never sent; found {_without_secrets(template)}"
    return url_mistake(template)


def url_mistake(url: str) -> str:
    """Return what is wrong with a URL that requests with the credential go to; empty where nothing is."""
    if not is_http(url) or "{" in urlsplit(url).netloc or " " in url or not url.isprintable():
        return f"expected an http(s) URL; found {_without_secrets(url)}"
    if has_userinfo(url):
        return "expected a URL without user name and password; give them in [credentials.default]"
    for name, value in parse_qsl(urlsplit(url).query):
        if _SECRET.fullmatch(name) and not placeholders(value):
            return f"expected no secret in the query, found {name!r}; give it in [credentials.default]"
    return ""


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a URL with these values, percent-encoded.

    Raises CannotDo for a value that would change where the URL leads, and for one that no URL can express.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not values[name].strip("."):
            raise CannotDo(f"a URL cannot have the {name} {values[name]!r}")
        return encoded(values[name], name)

    return _PLACEHOLDER.sub(value, template)


def encoded(value: str, what: str) -> str:
    """Return a value percent-encoded. Raises CannotDo, with `what` it is, for one that is no text."""
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise CannotDo(f"a URL cannot have the {what} {value!r}") from None


def _without_secrets(url: str) -> str:
    from conformance.wire.credential_patterns import hide_credentials_in_url  # `requests` comes with it

    return repr(hide_credentials_in_url(url))
