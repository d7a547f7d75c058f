"""The mixes of behaviours that ship with the suite."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Share(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the users behave so, as a part of all shares, and the seconds between two visits."""

    share: int
    think: tuple[float, float]


@cache
def mixes() -> Mapping[str, Mapping[str, Share]]:
    """Return every mix by its name: the shares by the name of the behaviour."""
    text = files("conformance.load").joinpath("mixes.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, dict[str, Share]])


def mix(name: str) -> Mapping[str, Share]:
    """Return a mix. Raises UserError where there is none of that name."""
    if name not in mixes():
        raise UserError(f"there is no mix {name!r}", f"Choose one of: {', '.join(mixes())}.")
    return mixes()[name]
