"""The record of one request and its answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, or one run of a client, without secrets.

    `seconds` is the time until the answer was complete. `request_bytes` is the body in base64 (RFC 4648), or
    everything sent over a plain socket except Authorization. It is empty without a body or for a long one.
    """

    number: int = 0
    """The position in the transcript, counted from 1; 0 until it is recorded."""
    request: str = ""
    credential: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: str = ""
    request_bytes: str = ""
    status: int | None = None
    reason: str = ""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the exchange for the JSON result."""
        return asdict(self)
