"""The scenarios: what users do with a client, and what has to come of it.

Each raises Deviation where the registry may be to blame, NotApplicable where it does not offer what is needed,
Untestable where something else is missing, and Inconclusive where a run of the client says nothing of the registry.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.client_matrix.locked import require_locked
from conformance.client_report.reaction import last_message
from conformance.clients import Installs, Locks, Publishes, Wanted, installed_versions, site_of
from conformance.clients.uv import PLACEHOLDER
from conformance.verdicts import Deviation, Untestable
from conformance.wire.credential import Credential
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.client_matrix.venue import Venue
    from conformance.clients import Client, ClientRun
    from conformance.target.recording import Sent
    from reference_server.distributions import Distribution

    Scene = Callable[["Stage"], None]

OTHER_BYTES = 2_000
"""The size of a file that has the name of another one, and other bytes."""

REQUESTS = 5
"""How many requests of the budget a client takes before it starts; those beyond are taken when it has ended."""

PATIENCE = 240.0
"""Seconds for one run of a client: pipenv makes an environment in it."""

UPLOADS = frozenset({"POST", "PUT"})

BUSY = {429: "throttles", 502: "is not reached", 503: "is not available", 504: "is not reached in time"}
"""Answers that say nothing of what a scenario is about."""


class Inconclusive(Exception):
    """A run of the client says nothing of the registry. `str()` says why."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What one run of a scenario has: a client, a registry, and an empty folder.

    `runs` has what the client did, and `sent` its requests.
    """

    client: Client
    venue: Venue
    folder: Path
    runs: list[ClientRun] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def started(self, start: Callable[[], ClientRun]) -> ClientRun:
        """Start the client when the budget has room for its requests; keep the run for the report.

        Raises Inconclusive where it did not end in time, or had no connection.
        """
        venue = self.venue
        venue.recording.take()
        try:
            with venue.budget.turn(REQUESTS, seconds=PATIENCE):
                run = start()
        finally:
            sent = venue.recording.take()
            self.sent.extend(sent)
            venue.count(len(sent))
        self.runs.append(run)
        if len(sent) > REQUESTS:
            venue.budget.take(len(sent) - REQUESTS, seconds=0).end()
        if run.timed_out:
            raise Inconclusive(f"{run.client} {run.version} did not end within {run.duration:.0f} s")
        if run.failed_connection:
            raise Inconclusive(f"{run.client} {run.version} had no connection: {run.failed_connection}")
        return run

    def publish(self, *distributions: Distribution, skip_existing: bool = False) -> ClientRun:
        """Let the client publish files, which the ledger lists before."""
        assert isinstance(self.client, Publishes)  # noqa: S101 - `offers.toml` says who does
        client = self.client
        for each in distributions:
            self.venue.registry.announce(each)
        folder = Path(tempfile.mkdtemp(prefix="dist-", dir=self.folder))
        files = [each.save(folder) for each in distributions]
        anybody = (
            None if self.client.anonymous else Credential(username=PLACEHOLDER[0], password=PLACEHOLDER[1])
        )
        run = self.started(
            lambda: client.publish(
                files,
                to=self.venue.upload_url,
                credential=self.venue.credential or anybody,
                skip_existing=skip_existing,
                index_url=self.venue.index_url,
            )
        )
        if run.succeeded:
            for each in distributions:
                self.venue.registry.accepted(each)
        return run

    def install(self, wanted: Wanted) -> None:
        """Let the client install. Raises Deviation where it fails."""
        assert isinstance(self.client, Installs)  # noqa: S101 - `offers.toml` says who does
        client = self.client
        require_success(
            self.started(lambda: client.add(wanted, folder=self.folder, index_url=self.venue.index_url))
        )


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


def publish_wheel_and_sdist(stage: Stage) -> None:
    """Publish both files of a release in one command; both are listed, and downloaded byte for byte."""
    name = stage.venue.new_name("release")
    files = [wheel(name, "1.0"), sdist(name, "1.0")]
    require_success(stage.publish(*files))
    _require_listed(stage, files, same_bytes=not stage.client.builds)


def _require_listed(stage: Stage, files: Sequence[Distribution], *, same_bytes: bool) -> None:
    registry = stage.venue.registry
    page = registry.project_page(files[0].name, fresh=True)
    for each in files:
        link = page.file(each.filename)
        if link is None:
            raise Deviation(expected=f"{each.filename} to be listed", found="no link", where=page.where)
        if same_bytes and registry.download(link.url).content != each.content:
            raise Deviation(expected="the bytes that were sent", found="other bytes", where=each.filename)


def publish_again(stage: Stage) -> None:
    """Publish other bytes under the name of a file: the client fails, and the file stays as it was."""
    name = stage.venue.new_name("again")
    first, second = wheel(name, "1.0"), wheel(name, "1.0", size=OTHER_BYTES)
    stage.venue.publish(first)
    twin = stage.publish(wheel(name, "1.1", size=OTHER_BYTES))
    if not twin.succeeded:
        raise Untestable(f"a file under a new name was not published either: exit code {twin.exit_code}")
    before = len(stage.sent)
    if stage.publish(second).succeeded:
        raise Deviation(expected="a failure", found="exit code 0", where=stage.client.name)
    _require_refusal(stage.sent[before:])
    _require_listed(stage, [first], same_bytes=True)


def _require_refusal(sent: Sequence[Sent]) -> None:
    """Raise Inconclusive unless the last upload was refused: a client may fail for a reason of its own."""
    uploads = [each for each in sent if each.method in UPLOADS]
    if not uploads:
        raise Inconclusive("the client failed, and uploaded nothing")
    status = uploads[-1].status
    if status is None or status in BUSY or not 400 <= status < 500:
        raise Inconclusive(f"the client failed, and its upload was not refused: {uploads[-1]}")


def publish_skip_existing(stage: Stage) -> None:
    """Publish a file that is there, with the client's own way to leave out such files: it succeeds."""
    same = wheel(stage.venue.new_name("same"), "1.0")
    stage.venue.publish(same)
    require_success(stage.publish(same, skip_existing=True))


def install_latest(stage: Stage) -> None:
    """Install a project: its newest release, and no pre-release."""
    name = stage.venue.main
    stage.install(Wanted(name=name))
    require_installed(stage, **{name: "1.1"})


def install_pinned(stage: Stage) -> None:
    """Install an older version."""
    name = stage.venue.main
    stage.install(Wanted(name=name, version="1.0"))
    require_installed(stage, **{name: "1.0"})


def install_by_hash(stage: Stage) -> None:
    """Install a file by its hash."""
    name = stage.venue.main
    stage.install(Wanted(name=name, version="1.0", sha256=stage.venue.corpus["main-wheel"].sha256))
    require_installed(stage, **{name: "1.0"})


def install_dependencies(stage: Stage) -> None:
    """Install a project and what it depends on, from the same registry."""
    needy, needed = stage.venue.needy
    stage.install(Wanted(name=needy))
    require_installed(stage, **{needy: "1.0", needed: "1.0"})


def install_yanked(stage: Stage) -> None:
    """Install a project whose newest version is yanked: the one before."""
    name = stage.venue.yanked
    stage.install(Wanted(name=name))
    require_installed(stage, **{name: "1.0"})


def install_pre_release(stage: Stage) -> None:
    """Install a project with pre-releases allowed."""
    name = stage.venue.main
    stage.install(Wanted(name=name, pre=True))
    require_installed(stage, **{name: "2.0rc1"})


def install_requires_python(stage: Stage) -> None:
    """Install a project whose newest version needs another Python: the one before."""
    runs = stage.venue.corpus["picky-old"]
    stage.venue.registry.await_page(runs.name)
    stage.install(Wanted(name=runs.name))
    require_installed(stage, **{runs.name: runs.version})


def lock_write(stage: Stage) -> None:
    """Write a lock file: it names the newest release, and no hash but those of its files."""
    name = stage.venue.main
    _lock(stage, name)
    require_locked(stage.folder, stage.venue.corpus["main-latest"])


def lock_install(stage: Stage) -> None:
    """Lock a project, and install from the lock when the registry has a newer version."""
    assert isinstance(stage.client, Locks)  # noqa: S101 - `offers.toml` says who does
    name = stage.venue.new_name("locked")
    stage.venue.publish(wheel(name, "1.0"))
    _lock(stage, name)
    stage.venue.publish(wheel(name, "1.1"))
    client = stage.client
    require_success(stage.started(lambda: client.sync(folder=stage.folder, index_url=stage.venue.index_url)))
    require_installed(stage, **{name: "1.0"})


def _lock(stage: Stage, name: str) -> None:
    assert isinstance(stage.client, Locks)  # noqa: S101 - `offers.toml` says who does
    client, wanted = stage.client, Wanted(name=name)
    require_success(
        stage.started(lambda: client.lock(wanted, folder=stage.folder, index_url=stage.venue.index_url))
    )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario by its id. `counts` says whether its failure counts for the exit code, `plain` that it never forks."""

    id: str
    title: str
    run: Scene
    counts: bool = True
    plain: bool = False

    @property
    def sentence(self) -> str:
        """What it does, and what has to come of it."""
        return " ".join((self.run.__doc__ or "").split())


SCENARIOS = (
    Scenario(id="publish.wheel-and-sdist", title="publish", run=publish_wheel_and_sdist, plain=True),
    Scenario(id="publish.again", title="again", run=publish_again),
    Scenario(id="publish.skip-existing", title="skip", run=publish_skip_existing, counts=False),
    Scenario(id="install.latest", title="latest", run=install_latest, plain=True),
    Scenario(id="install.pinned", title="pinned", run=install_pinned),
    Scenario(id="install.by-hash", title="hash", run=install_by_hash),
    Scenario(id="install.dependencies", title="deps", run=install_dependencies),
    Scenario(id="install.yanked", title="yanked", run=install_yanked),
    Scenario(id="install.pre-release", title="pre", run=install_pre_release),
    Scenario(id="install.requires-python", title="python", run=install_requires_python),
    Scenario(id="lock.write", title="lock", run=lock_write),
    Scenario(id="lock.install", title="sync", run=lock_install),
)
"""Every scenario, in the order of reports. A client's own documents leave it to registries whether a file that exists
can be told from other refusals, so the failure of `publish.skip-existing` does not count."""
