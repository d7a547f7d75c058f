"""What a variation is: one thing that the specifications leave open, done in another way."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, ClassVar, TypeVar

from reference_server.alterations import Alteration

if TYPE_CHECKING:
    from collections.abc import Iterable

Item = TypeVar("Item")

PAGES = frozenset({"root_page", "project_page"})
FILES = frozenset({"file", "metadata_file"})


class Variation(Alteration):
    """Does one thing in another way that the specifications allow as well.

    The docstring's first line says what it changes, `left_open` which sentence leaves that open (in our
    words), and `source` where that sentence is. `options` are the possible ways; `option` is the chosen one,
    by default the first. Further choices depend only on `seed` and on the varied object: the same page is
    varied in the same way again. Raises ValueError for an unknown option.
    """

    source: ClassVar[str]
    left_open: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()

    def __init__(self, option: str = "", *, seed: int = 0) -> None:
        if option and option not in self.options:
            raise ValueError(
                f"{self.name} has no option {option!r}; it has {', '.join(self.options) or 'none'}"
            )
        self.option = option or next(iter(self.options), "")
        self.seed = seed

    def __str__(self) -> str:
        return f"{self.name}: {self.option}" if self.option else self.name

    def chance(self, *about: object) -> Random:
        """Return the random numbers for a choice: the same for the same objects."""
        return Random(repr((self.seed, self.name, self.option, about)))  # noqa: S311 - a reproducible choice

    def shuffled(self, items: Iterable[Item], *about: object) -> list[Item]:
        """Return the items in another order."""
        mixed = list(items)
        self.chance(*about).shuffle(mixed)
        return mixed
