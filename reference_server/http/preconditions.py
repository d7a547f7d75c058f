"""The conditions of a request. Source: RFC 9110, section 13.

werkzeug's `make_conditional` evaluates ranges before preconditions, and does not support If-Unmodified-Since.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.http import parse_date

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.datastructures import Headers

_ENTITY_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
_LIST = re.compile(rf"[ \t,]*{_ENTITY_TAG}(?:[ \t]*,[ \t,]*{_ENTITY_TAG})*[ \t,]*")


def precondition(headers: Headers, *, etag: str, last_modified: datetime | None = None) -> int:
    """Return the status that the conditions of a GET or HEAD request require: 200, 304 or 412.

    `etag` is strong and in quotes; `last_modified` is in whole seconds. The order is that of section 13.2.2.
    """
    if "If-Match" in headers:
        if not _matches(headers["If-Match"], etag, weakly=False):
            return 412
    elif _changed_since(headers.get("If-Unmodified-Since"), last_modified):
        return 412
    if "If-None-Match" in headers:
        return 304 if _matches(headers["If-None-Match"], etag, weakly=True) else 200
    since = _date(headers.get("If-Modified-Since"))
    unchanged = since is not None and last_modified is not None and last_modified <= since
    return 304 if unchanged else 200


def range_holds(headers: Headers, *, etag: str, last_modified: datetime | None = None) -> bool:
    """Return whether If-Range, if present, allows a range. Source: section 13.1.5."""
    validator = headers.get("If-Range", "").strip()
    if not validator or validator == etag:
        return True
    return last_modified is not None and _date(validator) == last_modified


def _date(text: str | None) -> datetime | None:
    try:
        return parse_date(text)
    except OverflowError:  # an absurd time zone
        return None


def _changed_since(text: str | None, last_modified: datetime | None) -> bool:
    date = _date(text)
    return date is not None and last_modified is not None and last_modified > date


def _matches(text: str, etag: str, *, weakly: bool) -> bool:
    if text.strip() == "*":
        return True
    if not _LIST.fullmatch(text):
        return False
    tags = re.findall(_ENTITY_TAG, text)
    return etag in ([tag.removeprefix("W/") for tag in tags] if weakly else tags)
