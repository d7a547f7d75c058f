"""What a run publishes once, for many checks to look at."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import Distribution, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_run_id() -> str:
    """Return the eight characters that every name of one run carries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


@dataclass(frozen=True, kw_only=True)
class Published:
    """A distribution of the corpus, and how the target answered its upload."""

    distribution: Distribution
    status: int
    where: str
    text: str
    accepted: bool
    """Whether the target accepted the file, and stored it as far as that is known."""


@dataclass(frozen=True)
class Corpus:
    """The distributions of one run, by what they are good for."""

    run_id: str
    published: Mapping[str, Published]

    def __getitem__(self, role: str) -> Distribution:
        """Return a distribution that the target has taken. Raises Untestable when it was refused."""
        self._require_any()
        found = self.published[role]
        if not found.accepted:
            raise Untestable(
                f"{found.distribution.filename}, which this check reads, was refused: "
                f"{found.status} {found.text[:120]}; see the checks of uploads"
            )
        return found.distribution

    @property
    def projects(self) -> tuple[str, ...]:
        """The normalized name of every project with a distribution that was accepted, the main one first."""
        accepted = (item.distribution for item in self.published.values() if item.accepted)
        return tuple(dict.fromkeys(canonicalize_name(distribution.name) for distribution in accepted))

    @property
    def main(self) -> str:
        """The name of the project with several versions, spelled as its metadata spells it."""
        self._require_any()
        return self.published["main-wheel"].distribution.name

    def _require_any(self) -> None:
        if not self.published:
            raise NotApplicable("the run only reads, and this check looks at what a run has published")

    def distributions_of(self, role: str) -> list[Distribution]:
        """Return all accepted distributions of the project that `role` belongs to."""
        name = self.published[role].distribution.name
        return [
            item.distribution
            for item in self.published.values()
            if item.distribution.name == name and item.accepted
        ]


VERSIONS: Mapping[str, str] = {
    "version-epoch": "1!1.0",
    "version-release": "2012.4.1.15",
    "version-pre": "1.0-Alpha.1",
    "version-post": "1.0-1",
    "version-dev": "1.0.DEV2",
    "version-local": "1.0+local.7",
    "version-prefix": "v1.5",
    "version-all": "1!2.0rc1.post2.dev3+abc.4",
}
"""One version for each part of GitLab's expression, in a spelling that is not the canonical one where it may be."""


def planned(run_id: str) -> dict[str, Distribution]:
    """Return the distributions that a run with this id publishes, by role. The same id gives the same bytes."""
    main = f"Conformance.{run_id}_Main"
    picky = f"conformance-{run_id}-picky"
    versions = f"conformance-{run_id}-versions"
    return {
        "main-wheel": wheel(main, "1.0", requires_python=">=3.8"),
        "main-sdist": sdist(main, "1.0", requires_python=">=3.7"),
        "main-latest": wheel(main, "1.1"),
        "main-prerelease": wheel(main, "2.0rc1", requires_python=None),
        "picky-old": wheel(picky, "1.0", requires_python="<99, >=3.8, <100, >3.7"),
        "picky-new": wheel(picky, "2.0", requires_python=">=99"),
    } | {role: wheel(versions, version) for role, version in VERSIONS.items()}
