"""A link on an HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Anchor:
    """An `<a>` element with an href. An attribute without `=` has the value None where the parser can tell."""

    attributes: Mapping[str, str | None]
    text: str


def packed(attributes: Mapping[str, str | None], text: str) -> bytes:
    """Return an anchor as a record."""
    return msgspec.msgpack.encode((attributes, text))


def unpacked(record: bytes) -> Anchor:
    """Return the anchor of a record."""
    attributes, text = msgspec.msgpack.decode(record)
    return Anchor(attributes, text)
