"""Projects with a status other than active."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import link, publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

REASON = "Replaced by <\"other\"> & 'more', see docs \U0001f40d"

CLOSED = frozenset({"archived", "quarantined"})
"""The statuses that refuse uploads. Source: Project status markers, #archived, #quarantined."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A project that was given a status after its first upload."""

    status: str
    file: Distribution
    link: FileLink
    """How the page linked the file before."""
    second: Distribution
    upload: Answer
    """The answer to the upload of `second`, afterwards."""

    @property
    def project(self) -> str:
        """The project's name."""
        return self.file.name


class Marks:
    """Gives projects a status, each when it is first asked for."""

    def __init__(self, registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
        self._registry = registry
        self._index = index
        self._driver = driver
        self._new_name = new_name
        self._made: dict[str, Marked] = {}

    def __getitem__(self, status: str) -> Marked:
        """Return the project of that status."""
        if status not in self._made:
            self._made[status] = self._make(status)
        return self._made[status]

    def those(self, *statuses: str) -> list[Marked]:
        """Return projects with those of some statuses that the registry has; it need not have every one.

        Raises Untestable if it has none of them. Source: Project status markers, #specification.
        """
        found, lacking = [], None
        for status in statuses:
            try:
                found.append(self[status])
            except Untestable as error:
                lacking = error
        if lacking and not found:
            raise lacking
        return found

    def _make(self, status: str) -> Marked:
        name = self._new_name(status)
        first, second, third = (wheel(name, version) for version in ("1.0", "2.0", "3.0"))
        publish(self._registry, first)
        found = link(self._index.pages(name)[0], first)
        self._driver.set_status(name, status, REASON)
        moment = time.monotonic()
        upload = self._registry.upload(second)
        if status in CLOSED and upload.is_success:  # what takes uploads may learn of a status later
            self._registry.settling.wait_out(moment)
            second, upload = third, self._registry.upload(third)
        return Marked(status=status, file=first, link=found, second=second, upload=upload)
