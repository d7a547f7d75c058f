"""Registries that are for others than those who see their GitLab project, with a wheel in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.checks.gitlab.stocked import Stocked
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


def _stocked(registry: RegistryClient, name: str) -> Stocked:
    distribution = wheel(name, "1.0")
    publish(registry, distribution)
    return Stocked(registry=registry, wheel=distribution)


@pytest.fixture(scope="session")
def kept(registry: RegistryClient, new_name: NewName) -> Stocked:
    """A public GitLab project whose registry is for its members only."""
    return _stocked(registry.in_gitlab_project("members-only"), new_name("kept-for-members"))


@pytest.fixture(scope="session")
def opened(registry: RegistryClient, new_name: NewName) -> Stocked:
    """A private GitLab project that lets everyone pull from its registry."""
    return _stocked(registry.in_gitlab_project("open"), new_name("for-everyone"))
