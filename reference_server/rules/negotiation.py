"""Content negotiation: which of several representations a client prefers. Pure functions on header values.

werkzeug's `MIMEAccept.best_match` answers differently where it matters here. It compares parameters, so that
`Accept: text/html;charset=utf-8` matches no page and would be answered 406. It takes an unreadable header, such as
`Accept: text/html;q=2`, for one that accepts nothing. For `*/*` it picks the first type that the registry offers,
JSON, although clients that state no preference expect HTML.

Source: RFC 9110, section 12; PyPA "Simple repository API", "Version and Format Selection".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "application/vnd.pypi.simple.v1+html"
TEXT_HTML = "text/html"

LATEST = {
    "application/vnd.pypi.simple.latest+json": SIMPLE_JSON,
    "application/vnd.pypi.simple.latest+html": SIMPLE_HTML,
}

_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_NAME = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_RANGE = re.compile(rf"\*/\*|(?!\*){_NAME}/{_NAME}")


def negotiate(accept: str | None, offered: Sequence[str], default: str) -> str | None:
    """Choose one of the offered media types; None if the client accepts none of them.

    The highest quality wins; then a type that is named over one that a wildcard covers; then the order of
    `offered`, except that `*/*` alone means `default`. A missing or unreadable header means `*/*`.
    Parameters other than the quality are ignored.
    """
    ranges: dict[str, float] = {}
    for text, quality in weighted(accept or ""):
        if _RANGE.fullmatch(text):
            wanted = real_type(text)
            ranges[wanted] = max(quality, ranges.get(wanted, 0.0))
    if not ranges:
        return default

    def rank(media_type: str) -> tuple[float, int, bool, int]:
        covering = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
        specificity = max((place for place, each in enumerate(covering) if each in ranges), default=-1)
        quality = ranges[covering[specificity]] if specificity >= 0 else 0.0
        is_default = specificity == 0 and media_type == default
        return quality, specificity, is_default, -offered.index(media_type)

    best = max(offered, key=rank)
    return best if rank(best)[0] > 0 else None


def real_type(media_type: str) -> str:
    """Return a media type in lower case, with a `latest` alias resolved."""
    return LATEST.get(media_type.lower(), media_type.lower())


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Return whether the client prefers gzip to the uncompressed bytes."""
    codings = dict(weighted(accept_encoding or ""))
    gzip = codings.get("gzip", codings.get("x-gzip", codings.get("*", 0.0)))
    return gzip > 0 and gzip >= codings.get("identity", 0.0)


def weighted(header: str) -> Iterator[tuple[str, float]]:
    """Yield the values of a list with their qualities, in lower case. A member with an invalid quality is skipped."""
    for member in header.lower().split(","):
        value, *parameters = (part.strip() for part in member.split(";"))
        pairs = [parameter.partition("=") for parameter in parameters]
        texts = [text.strip() for name, _, text in pairs if name.strip() == "q"] or ["1"]
        if value and _QUALITY.fullmatch(texts[0]):
            yield value, float(texts[0])
