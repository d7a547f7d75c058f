"""Registries that are for others than those who see their GitLab project, with a wheel in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from conformance.kit.registry import GitLab
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Stocked:
    """A registry, and a wheel that is published there."""

    registry: RegistryClient
    wheel: Distribution

    @property
    def url(self) -> str:
        """The URL of the wheel."""
        return link_to(self.registry, self.wheel)

    def answers(self, as_: str) -> Iterator[tuple[str, Answer]]:
        """Yield what a caller gets that asks for the wheel in each way, and what it asks for."""
        yield "the page", self.registry.project_answer(self.wheel.name, as_=as_)
        yield "the file", self.registry.download(self.url, as_=as_)
        query = {"package_name": self.wheel.name}
        yield "the list of packages", GitLab(self.registry).call("GET", "/packages", query, as_=as_)
        if GROUP in self.registry.target.gitlab_projects:
            yield "the page of the group", self.registry.in_group().project_answer(self.wheel.name, as_=as_)


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
