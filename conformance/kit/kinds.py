"""Examples by turns: each kind gets its share of a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


@dataclass(frozen=True)
class EveryKind(Generic[T]):
    """Kinds of examples, of which each has its turn: drawn at random, some would come again and some never."""

    kinds: tuple[SearchStrategy[T], ...]

    @property
    def mixed(self) -> SearchStrategy[T]:
        """Draw from any of them."""
        return st.one_of(*self.kinds)
