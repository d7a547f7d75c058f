"""What the checks of project status share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.status.marked_projects import Marks
from conformance.kit.driver import Ability, require
from conformance.kit.optional_fixtures import if_applicable
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient

OWN = ("archived", "deprecated")
"""Of these the pages have to be there."""


@pytest.fixture(scope="session")
def marks(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> Marks:
    """Projects with a status, each made when it is first asked for."""
    require(driver, Ability.SET_STATUS)
    return Marks(registry, index, driver, new_name)


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects of every status: our own where there is a driver, and those that any run looks at."""
    marks: Marks | None = if_applicable(request, "marks")
    own: list[str] = []
    if marks:
        with suppress(Untestable):  # the rows that need one of them say so
            own = [each.project for each in marks.those(*OWN)]
    return (*own, *index.projects)
