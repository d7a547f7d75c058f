"""A page of another index as it was received, and how long it may be used. Source: RFC 9111."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reference_server.sources.fetching import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """What is known of a fetched page. `fresh_until` is on the mirror's clock."""

    url: str
    content_type: str
    digest: bytes
    etag: str | None = None
    last_modified: str | None = None
    fresh_until: float = 0.0
    is_storable: bool = True

    @classmethod
    def of(
        cls,
        body: bytes,
        content_type: str,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> KeptPage:
        """Return a page of which no lifetime is known."""
        digest = hashlib.sha256(url.encode() + b"\n" + body).digest()
        return cls(url=url, content_type=content_type, digest=digest, etag=etag, last_modified=last_modified)

    def under(self, headers: Message, now: float) -> KeptPage:
        """Return the page with the validators and the lifetime of an answer."""
        control = _directives(headers.get("Cache-Control", ""))
        lifetime = whole_number(control.get("s-maxage", control.get("max-age", ""))) or 0
        if control.keys() & {"no-cache", "no-store"}:
            lifetime = 0
        return replace(
            self,
            etag=headers.get("ETag") or self.etag,
            last_modified=headers.get("Last-Modified") or self.last_modified,
            fresh_until=now + lifetime - (whole_number(headers.get("Age", "")) or 0),
            is_storable="no-store" not in control,
        )

    def conditions(self) -> Mapping[str, str]:
        """Return the header fields that ask whether there is another page now."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


def _directives(cache_control: str) -> dict[str, str]:
    """Return the directives of Cache-Control, without the quotes of their values."""
    pairs = (each.strip().lower().partition("=") for each in cache_control.split(","))
    return {name: value.strip('"') for name, _, value in pairs if name}
