"""What the checks of yanking share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.yank.yanked_project import Yanked, yank_some
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, Registry


@pytest.fixture(scope="session")
def yanked(registry: Registry, driver: Driver, new_name: NewName) -> Yanked:
    """A project in which some files are yanked."""
    return yank_some(registry, driver, new_name("yanked"))


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects with yanked files: our own where there is a driver, and those whose pages show some."""
    own = []
    with suppress(NotApplicable):
        own.append(request.getfixturevalue("yanked").project)
    shown = [name for name in index.projects if _shows_yanked(index, name)]
    if not (own or shown):
        raise NotApplicable("no page shows a yanked file, and no driver yanks one")
    return (*own, *shown)


def _shows_yanked(index: Index, name: str) -> bool:
    return any(file.yanked is not None for page in index.pages(name) for file in page.files)
