"""What checks of yanked files need: that their page lists them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def still_listed() -> Iterator[None]:
    """Raise Untestable where a yanked file is not found on its page: another row is about that."""
    try:
        yield
    except Deviation as gone:
        raise Untestable("a yanked file is not on its page; see yank.still-listed") from gone
