"""What a scenario has: a client, a registry and an empty folder; and what several scenarios require.

A scenario raises Deviation where the registry may be to blame, NotApplicable where it does not offer what is needed,
Untestable where something else is missing, and Inconclusive where a run of the client says nothing of the registry.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.client_report.reaction import last_message
from conformance.clients import Installs, Locks, Publishes, Wanted, installed_versions, site_of
from conformance.clients.uv import PLACEHOLDER
from conformance.verdicts import Deviation
from conformance.wire.credential import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.client_matrix.venue import Venue
    from conformance.clients import Client, ClientRun, IndexURL
    from conformance.clients.credential_places import Kept
    from conformance.target.forward_proxy import Attempt
    from conformance.target.recording import Sent
    from reference_server.distributions import Distribution

REQUESTS = 5
"""How many requests of the budget a client takes before it starts; those beyond are taken when it has ended."""

PATIENCE = 240.0
"""Seconds for one run of a client: pipenv makes an environment in it."""

BUSY = {429: "throttles", 502: "is not reached", 503: "is not available", 504: "is not reached in time"}
"""Answers that say nothing of what a scenario is about."""


ANYBODY = Credential(username=PLACEHOLDER[0], password=PLACEHOLDER[1])
"""What a client publishes with to a registry that takes no credential, where it does not publish without one."""


class Inconclusive(Exception):
    """A run of the client says nothing of the registry. `str()` says why."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What one run of a scenario has: a client, a registry, and an empty folder.

    `runs` has what the client did, `sent` its requests, and `attempts` what it asked other hosts.
    """

    client: Client
    venue: Venue
    folder: Path
    runs: list[ClientRun] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def index_url(self) -> IndexURL:
        """The index with the credential of clients."""
        return self.venue.index_url

    def with_client(self, client: Client, *, folder: Path | None = None) -> Stage:
        """Return the stage with another state of the client, or in another folder; it notes in the same lists."""
        return replace(self, client=client, folder=folder or self.folder)

    def new_folder(self, purpose: str) -> Path:
        """Return a new folder."""
        return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=self.folder))

    def started(self, start: Callable[[], ClientRun]) -> ClientRun:
        """Start the client when the budget has room for its requests; keep the run for the report.

        Raises Inconclusive where it did not end in time, or had no connection.
        """
        venue = self.venue
        venue.recording.take()
        venue.forward_proxy.take()
        try:
            with venue.budget.turn(REQUESTS, seconds=PATIENCE):
                run = start()
        finally:
            sent = venue.recording.take()
            attempts = venue.forward_proxy.take()
            self.sent.extend(sent)
            self.attempts.extend(attempts)
            venue.count(len(sent))
        self.runs.append(run)
        if len(sent) > REQUESTS:
            venue.budget.take(len(sent) - REQUESTS, seconds=0).end()
        if run.timed_out:
            raise Inconclusive(f"{run.client} {run.version} did not end within {run.duration:.0f} s")
        refused = any(each.refused for each in attempts)  # which a client reports as a connection that failed
        if run.failed_connection and not refused:
            raise Inconclusive(f"{run.client} {run.version} had no connection: {run.failed_connection}")
        return run

    def publish(
        self, *distributions: Distribution, skip_existing: bool = False, kept: Kept | None = None
    ) -> ClientRun:
        """Let the client publish files, which the ledger lists before.

        It gets the upload URL and the credential of clients, or what `kept` says.
        """
        assert isinstance(self.client, Publishes)  # noqa: S101 - `offers.toml` says who does
        client = self.client
        for each in distributions:
            self.venue.registry.announce(each)
        folder = self.new_folder("dist")
        files = [each.save(folder) for each in distributions]
        anybody = None if self.client.anonymous else ANYBODY
        to = kept.repository if kept and kept.repository else self.venue.upload_url
        credential = kept.to_publish if kept else self.venue.credential or anybody
        run = self.started(
            lambda: client.publish(
                files, to=to, credential=credential, skip_existing=skip_existing, index_url=self.index_url
            )
        )
        if run.succeeded:
            for each in distributions:
                self.venue.registry.accepted(each)
        return run

    def add(self, wanted: Wanted, *, index_url: IndexURL | None = None) -> ClientRun:
        """Let the client install, by default from the index with the credential of clients."""
        assert isinstance(self.client, Installs)  # noqa: S101 - `offers.toml` says who does
        client, index = self.client, index_url or self.index_url
        return self.started(lambda: client.add(wanted, folder=self.folder, index_url=index))

    def install(self, wanted: Wanted, *, index_url: IndexURL | None = None) -> None:
        """Let the client install. Raises Deviation where it fails."""
        require_success(self.add(wanted, index_url=index_url))

    def lock(self, name: str) -> None:
        """Let the client lock. Raises Deviation where it fails."""
        assert isinstance(self.client, Locks)  # noqa: S101 - `offers.toml` says who does
        client, wanted = self.client, Wanted(name=name)
        require_success(
            self.started(lambda: client.lock(wanted, folder=self.folder, index_url=self.index_url))
        )

    def sync(self) -> None:
        """Let the client install from its lock file. Raises Deviation where it fails."""
        assert isinstance(self.client, Locks)  # noqa: S101 - `offers.toml` says who does
        client = self.client
        require_success(self.started(lambda: client.sync(folder=self.folder, index_url=self.index_url)))


def require_success(run: ClientRun) -> None:
    """Raise Deviation where a client failed."""
    if not run.succeeded:
        raise Deviation(
            expected="exit code 0",
            found=f"exit code {run.exit_code}: {last_message(run.stderr, run.stdout) or 'no output'}",
            where=f"{run.client} {run.version}",
        )


def require_installed(stage: Stage, **wanted: str) -> None:
    """Raise Deviation unless these versions are installed, by project."""
    site = site_of(stage.folder)
    versions = installed_versions(site) if site else {}
    for name, version in wanted.items():
        if versions.get(canonicalize_name(name)) != version:
            found = versions.get(canonicalize_name(name), "nothing")
            raise Deviation(
                expected=f"{name} {version} to be installed", found=found, where=stage.client.name
            )


def require_listed(stage: Stage, files: Sequence[Distribution], *, same_bytes: bool) -> None:
    """Raise Deviation unless the page has all files of a project, and where it counts with the bytes that were sent."""
    registry = stage.venue.registry
    page = registry.project_page(files[0].name, fresh=True)
    for each in files:
        link = page.file(each.filename)
        if link is None:
            raise Deviation(expected=f"{each.filename} to be listed", found="no link", where=page.where)
        if same_bytes and registry.download(link.url).content != each.content:
            raise Deviation(expected="the bytes that were sent", found="other bytes", where=each.filename)
