"""What a credential of a GitLab project has to be good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.uploads.scenarios import link_to
from conformance.kit.uploads.stored_files import accepted_and_listed
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, RegistryClient


def publishes(as_: str, registry: RegistryClient, name: str) -> None:
    """Require that a credential can publish."""
    accepted_and_listed(registry, wheel(name, "1.0"), as_=as_)


def reads(as_: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Require that a credential can read a page and a file."""
    wheel_ = corpus["main-wheel"]
    expect.status(registry.project_answer(canonicalize_name(corpus.main), as_=as_), 200)
    expect.same_bytes(registry.download(link_to(registry, wheel_), as_=as_), wheel_)
