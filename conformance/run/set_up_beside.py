"""Fixtures of the session that were set up while checks were under way: what they hold may be the work of those."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    Fixture = pytest.FixtureDef[Any]

FIRST = "run"
"""The fixture that all others come from: it sends nothing, and asks for no other."""


class SetUpBeside:
    """Remembers these fixtures, so that a check which is judged alone sets them up anew."""

    def __init__(self) -> None:
        self._fixtures: set[Fixture] = set()

    def add(self, fixture: Fixture) -> None:
        """Remember a fixture, if it is kept for later checks."""
        if fixture.scope == "session":
            self._fixtures.add(fixture)

    def remove(self, fixture: Fixture) -> None:
        """Forget a fixture: it is being set up anew."""
        self._fixtures.discard(fixture)

    def concerns(self, item: pytest.Item) -> bool:
        """Tell whether a check may look at such a fixture."""
        return bool(self._of(item))

    def drop(self, item: pytest.Item) -> None:
        """Let the fixtures that a check may look at, and those that come from them, be set up anew."""
        for fixture in self._of(item):
            request: Any = getattr(item, "_request", None)
            with suppress(Exception):  # its end is no matter of this check
                fixture.finish(request)
            self.remove(fixture)

    def _of(self, item: pytest.Item) -> set[Fixture]:
        """Return the fixtures that a check may look at: all, where one of its own asks for others by name."""
        if not self._fixtures:
            return set()
        used = {*_used_by(item)}
        by_name = {each for each in used if _asks_by_name(each)}
        return self._fixtures | by_name if by_name else self._fixtures & used


def _used_by(item: pytest.Item) -> Iterator[Fixture]:
    info: Any = getattr(item, "_fixtureinfo", None)  # pytest shows the fixtures of a test nowhere else
    for each in info.name2fixturedefs.values() if info else ():
        yield from each


def _asks_by_name(fixture: Fixture) -> bool:
    """Tell whether a fixture of the session may ask for others by `request.getfixturevalue`."""
    return fixture.scope == "session" and "request" in fixture.argnames and fixture.argname != FIRST
