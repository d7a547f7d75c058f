"""What several checks of authentication look at, asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from conformance.kit.protected_urls import Protected, protected_urls
from conformance.kit.registry import ANONYMOUS
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


@dataclass(frozen=True, kw_only=True)
class AnonymousUpload:
    """An upload without credentials."""

    distribution: Distribution
    answer: Answer


@pytest.fixture(scope="session")
def protected(index: Index) -> tuple[Protected, ...]:
    """A page, a file and a metadata file, requested without a credential and then by `default`."""
    return protected_urls(index)


@pytest.fixture(scope="session")
def anonymous_upload(registry: RegistryClient, new_name: NewName) -> AnonymousUpload:
    """An upload without credentials."""
    distribution = wheel(new_name("anonymous"), "1.0")
    return AnonymousUpload(distribution=distribution, answer=registry.upload(distribution, as_=ANONYMOUS))
