"""What the checks of security share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from conformance.kit.driver import driver_of
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import GitLab, Run
    from reference_server.distributions import Distribution

    Remove = Callable[[Distribution], None]


@pytest.fixture(scope="session")
def remove(run: Run, gitlab: GitLab) -> Remove:
    """What removes a file that a run's clean-up cannot tell from others: the target's driver, else GitLab's API."""
    try:
        return driver_of(run).delete
    except NotApplicable:
        if not run.target.has_gitlab_api:
            raise

    def remove_package(distribution: Distribution) -> None:
        for package in gitlab.packages(package_type="pypi", package_name=distribution.name):
            same_name = canonicalize_name(str(package["name"])) == canonicalize_name(distribution.name)
            if same_name and package["version"] == distribution.version:
                gitlab.delete_package(int(package["id"]))

    return remove_package
