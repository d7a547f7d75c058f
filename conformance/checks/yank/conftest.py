"""What the checks of yanking share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.yank.yanked_project import Yanked, yank_some
from conformance.kit.driver import Ability, require
from conformance.kit.optional_fixtures import if_applicable
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient


@pytest.fixture(scope="session")
def yanked(registry: RegistryClient, driver: Driver, new_name: NewName) -> Yanked:
    """A project in which some files are yanked."""
    require(driver, Ability.YANK)
    return yank_some(registry, driver, new_name("yanked"))


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects with yanked files: our own where there is a driver, and those whose pages show some."""
    yanked: Yanked | None = if_applicable(request, "yanked")
    own = [yanked.project] if yanked else []
    listed = [name for name in index.projects if _lists_yanked(index, name)]
    if not (own or listed):
        raise NotApplicable("no page lists a yanked file, and no driver can yank one")
    return (*own, *listed)


def _lists_yanked(index: Index, name: str) -> bool:
    return any(file.yanked is not None for page in index.pages(name) for file in page.files)
