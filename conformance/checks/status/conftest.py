"""What the checks of project status share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.checks.status.marked_projects import Marks
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, Registry

OWN = ("archived", "deprecated")
"""Of these the pages have to be there."""


@pytest.fixture(scope="session")
def marks(registry: Registry, index: Index, driver: Driver, new_name: NewName) -> Marks:
    """Projects with a status, each made when it is first asked for."""
    return Marks(registry, index, driver, new_name)


@pytest.fixture(scope="session")
def projects(index: Index, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Projects of every status: our own where there is a driver, and those that any run looks at."""
    own: list[str] = []
    with suppress(NotApplicable):
        marks = request.getfixturevalue("marks")
        own += [marks[status].project for status in OWN]
    return (*own, *index.projects)
