"""A project in which some files are yanked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import publish
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, RegistryClient
    from reference_server.distributions import Distribution

REASON = "Broken: 'x' <b>\"y\"</b> &amp; z \U0001f40d" + " as it goes on and on" * 12
"""Everything that has to be escaped, something that must not be escaped twice, and more than a short column holds."""


@dataclass(frozen=True, kw_only=True)
class Yanked:
    """A project's files: yanked with `REASON`, yanked without one, and not yanked."""

    reasoned: Distribution
    plain: Distribution
    kept: Distribution
    sibling: Distribution
    """Not yanked, and of the same version as `reasoned`."""

    @property
    def project(self) -> str:
        """The project's name."""
        return self.kept.name


def yank_some(registry: RegistryClient, driver: Driver, name: str) -> Yanked:
    """Publish a project and yank two of its files."""
    files = Yanked(
        reasoned=wheel(name, "1.0"),
        plain=wheel(name, "1.1"),
        kept=wheel(name, "1.2"),
        sibling=sdist(name, "1.0"),
    )
    publish(registry, files.reasoned, files.plain, files.kept, files.sibling)
    driver.yank(files.reasoned, REASON)
    driver.yank(files.plain)
    return files
