"""Where a redirect leads, for people to read: it may be a URL with a password, or signed, and it may be relative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.pages import resolved
from conformance.wire.credential_patterns import hide_credentials, hide_credentials_in_url
from conformance.wire.presigned import MASK

if TYPE_CHECKING:
    from conformance.wire import Answer


def leads_to(answer: Answer) -> str:
    """Return the whole URL that a redirect leads to, without what opens it; empty where the answer leads nowhere.

    A password is left out, so that the URL can be given as it is.
    """
    location = answer.headers.get("Location", "").strip()
    if not location or not 300 <= answer.status < 400:
        return ""
    # Before it is resolved: what is no valid URL would be encoded, and its password with it.
    hidden = hide_credentials_in_url(location) if "//" in location else location
    return hide_credentials(resolved(answer.url, hidden.replace(f"{MASK}@", "")))
