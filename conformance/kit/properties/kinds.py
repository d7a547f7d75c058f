"""Kinds of examples, each of which gets its share of a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


@dataclass(frozen=True)
class EveryKind(Generic[T]):
    """Kinds of examples that are all tried: drawn at random, some would be repeated and others left out."""

    kinds: tuple[SearchStrategy[T], ...]

    @property
    def mixed(self) -> SearchStrategy[T]:
        """Draw from any kind."""
        from hypothesis import strategies  # takes time

        return strategies.one_of(*self.kinds)
