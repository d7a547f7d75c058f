"""Distributions that break exactly one rule, by kind."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

from reference_server.distributions.invalid_sdists import SDISTS
from reference_server.distributions.invalid_tars import TARS
from reference_server.distributions.invalid_wheels import WHEELS
from reference_server.distributions.invalid_zips import ZIPS
from reference_server.distributions.unusual_zips import UNUSUAL_ZIPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_server.distributions.distribution import Distribution

_MAKERS: Mapping[str, Callable[[str, str], Distribution]] = {
    maker.__name__: maker for maker in (*WHEELS, *ZIPS, *UNUSUAL_ZIPS, *SDISTS, *TARS)
}

INVALID: Mapping[str, str] = MappingProxyType(
    {kind: (maker.__doc__ or "").partition("\n")[0] for kind, maker in _MAKERS.items()}
)
"""Every kind with what is wrong about it."""


class UnknownKindError(LookupError):
    """There is no such kind of invalid distribution. The message suggests similar names."""

    def __init__(self, kind: str) -> None:
        near = difflib.get_close_matches(kind, INVALID, n=3) or sorted(INVALID)
        super().__init__(f"there is no kind {kind!r} of invalid distribution; try {', '.join(near)}")


def invalid(kind: str, name: str, version: str = "1.0") -> Distribution:
    """Return a distribution that breaks one rule, which `INVALID[kind]` states; everything else is right.

    Its upload form is right, too: it has this name and version, and the digest of the content.
    Kinds that exist for both wheels and sdists end in `_wheel` or `_sdist`.
    Raises UnknownKindError.
    """
    if kind not in _MAKERS:
        raise UnknownKindError(kind)
    return _MAKERS[kind](name, version)
