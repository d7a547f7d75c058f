"""Answers of registries that are made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.wire.answer import Answer
from conformance.wire.exchange import Exchange
from conformance.wire.transcript import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping


def answer_of(
    content: bytes | str = b"",
    *,
    status: int = 200,
    method: str = "GET",
    url: str = "http://host/",
    reason: str = "Reason",
    number: int = 1,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer to a request as `default`; what the transcript says of its body is plain text."""
    body = content.encode() if isinstance(content, str) else content
    return Answer(
        method=method,
        url=url,
        credential="default",
        status=status,
        reason=reason,
        headers=dict(headers or {}),
        content=body,
        exchange=Exchange(
            number=number,
            request=f"{method} {url}",
            credential="default",
            reason=reason,
            response_body=excerpt(body, "text/plain"),
        ),
    )
