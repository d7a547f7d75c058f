"""What the checks of races share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conformance.kit.driver import driver_of
from conformance.kit.uploads.scenarios import only_package
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import GitLab, Run
    from reference_server.distributions import Distribution

    Delete = Callable[[Distribution], None]


@pytest.fixture(scope="session")
def delete(run: Run, gitlab: GitLab) -> Delete:
    """What deletes the only file of a project: the target's driver, else GitLab's API."""
    with suppress(NotApplicable):
        return driver_of(run).delete

    def delete_package(distribution: Distribution) -> None:
        answer = gitlab.delete_package(only_package(gitlab, distribution.name))
        if answer.status != 204:
            raise Untestable(f"GitLab refused to delete a package: {answer} {answer.excerpt(120)}")
        run.registry.deleted(distribution)

    return delete_package
