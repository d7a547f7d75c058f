"""Distributions that break a rule: their upload, and what the registry lists afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import INVALID, invalid, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


@dataclass(frozen=True, kw_only=True)
class InvalidUpload:
    """The upload of a distribution that breaks a rule, and the answer."""

    rule: str
    distribution: Distribution
    answer: Answer

    @property
    def accepted(self) -> bool:
        """Whether the registry accepted it."""
        return self.answer.is_success

    @property
    def refused(self) -> bool:
        """Whether the registry refused it as the sender's mistake."""
        return self.answer.is_client_error

    def __str__(self) -> str:
        """Name the distribution, the rule that it breaks, and the answer."""
        return f"{self.distribution.filename} ({self.rule}): {self.answer.status} {self.answer.excerpt(80)}"


def upload_invalid(registry: RegistryClient, name: str, kinds: Iterable[str]) -> list[InvalidUpload]:
    """Publish a distribution of each invalid kind under one name, each as a version of its own."""
    attempts = []
    for number, kind in enumerate(kinds):
        distribution = invalid(kind, name, f"1.{number}")
        answer = registry.upload(distribution)
        attempts.append(InvalidUpload(rule=INVALID[kind], distribution=distribution, answer=answer))
    return attempts


def each_kind_refused(registry: RegistryClient, name: str, *kinds: str) -> None:
    """Require that a distribution of each invalid kind is refused, and that none is listed.

    Raises Untestable when right ones are refused, too.
    """
    publish(registry, wheel(name, "0.1"), sdist(name, "0.1"))
    attempts = upload_invalid(registry, name, kinds)
    accepted = [each for each in attempts if not each.refused]
    expect.rule(
        "every invalid distribution to be refused (4xx)",
        broken_by=map(str, accepted),
        where=(accepted or attempts)[0].answer,
    )
    expect.not_listed(registry.project_page(name), [each.distribution.filename for each in attempts])
