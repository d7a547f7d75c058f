"""What a client is to install, and what several clients can do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A project: in its newest version or in one, also before its release, with an extra, or as one file only."""

    name: str
    version: str = ""
    extra: str = ""
    pre: bool = False
    sha256: str = ""

    @property
    def requirement(self) -> str:
        """The project and its version, as a dependency is written."""
        return f"{self.full_name}=={self.version}" if self.version else self.full_name

    @property
    def full_name(self) -> str:
        """The project with its extra."""
        return f"{self.name}[{self.extra}]" if self.extra else self.name

    @property
    def line(self) -> str:
        """The line of a requirements file, with the hash where there is one."""
        return f"{self.requirement} --hash=sha256:{self.sha256}" if self.sha256 else self.requirement


@runtime_checkable
class Publishes(Protocol):
    """A client that uploads distributions."""

    def publish(
        self,
        files: Sequence[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Upload files of one release in one folder to a URL, and leave out those that are there where it can.

        `index_url` is where a client looks for them that does not go by the registry's answer.
        """


@runtime_checkable
class Installs(Protocol):
    """A client that installs into an environment of the folder: see `conformance.clients.installed.site_of`."""

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install a project and its dependencies from the index alone."""


@runtime_checkable
class ReadsTwo(Protocol):
    """A client that can be pointed at two indexes."""

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Install a project from two indexes: `index_url` is the first where their order counts."""


@runtime_checkable
class Locks(Protocol):
    """A client that writes a lock file into the folder, and installs from it."""

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Choose a project and its dependencies, and write the lock file."""

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what the lock file names."""
