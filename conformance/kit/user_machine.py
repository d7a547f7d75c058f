"""A user's machine, as a scenario needs it: twine, uv and pip, a folder of distributions, a place to install to."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from packaging.utils import canonicalize_name

from conformance.clients import (
    ClientMissing,
    IndexURL,
    Pip,
    PipApi,
    Twine,
    Uv,
    empty_index,
    installed_files,
    installed_versions,
    wheel_files,
)
from conformance.target import ANONYMOUS, DEFAULT
from conformance.verdicts import Untestable
from conformance.wire import Exchange, Throttled, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.clients import ClientRun
    from conformance.clients.client import Client
    from conformance.clients.pip import Selection
    from conformance.run.run import Run
    from conformance.target.registry_client import RegistryClient
    from conformance.wire.credential import Credential
    from reference_server.distributions import Distribution


REQUESTS_PER_FILE = 2
"""How many requests of the budget a client takes that uploads a file: one is refused for want of a credential."""

REQUESTS_PER_REQUIREMENT = 4
"""How many pip takes that installs one: a page, a metadata file, a file, and one that is refused."""

_THROTTLED = re.compile(
    r"\b429 (too many|client error|error)|status code:? 429\b|\b429 error resp", re.IGNORECASE
)
"""How twine, uv and pip report that the registry throttles."""

_REJECTED = re.compile(r"(?<![\d,.:])40[134]\b|codec can't encode", re.IGNORECASE)
"""How clients report that a registry rejects a credential, or that they cannot send it; a time of day is neither."""

TRIES = 2
"""How often pip is run where it has no connection: that is the network's doing, and installing can be repeated."""

CLIENT_PAUSE = 1.0
"""Seconds to wait after a client was throttled: none reports how long the registry asks for."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The files that pip installed, and its run."""

    run: ClientRun
    target: Path
    versions: Mapping[str, str]
    """The installed version of each project, by normalized name."""
    files: Mapping[str, bytes]


class UserMachine:
    """Drives real clients against the target, one scenario's worth.

    Every distribution is in the ledger before a client sends it, and every run of a client is in
    the transcript. A client that cannot be started makes the check untestable. pip and twine are forked
    from a process that has imported them, unless the machine is `plain`.
    """

    def __init__(self, run: Run, registry: RegistryClient, folder: Path, *, plain: bool = False) -> None:
        self._run = run
        self._registry = registry
        self._folder = folder
        self._forked = not (plain or run.options.plain_clients)

    @property
    def plain(self) -> UserMachine:
        """This machine, where each run of a client is a new interpreter, as on a user's.

        One scenario of each client runs there in every run of the suite: a fork that differs would show beside it.
        """
        return UserMachine(self._run, self._registry, self._folder, plain=True)

    def publish(
        self,
        *distributions: Distribution,
        as_: str = DEFAULT,
        pypirc: bool = False,
        to: RegistryClient | None = None,
    ) -> ClientRun:
        """Run `twine upload`; the credential comes from the environment, or from a `.pypirc`."""
        registry = to or self._registry
        for distribution in distributions:
            registry.announce(distribution)
        paths = [distribution.save(self._new_folder()) for distribution in distributions]
        credential = registry.target.credential(as_)
        options = self._run.options
        twine = Twine(timeout=options.client_timeout, ca_bundle=options.ca_bundle, forked=self._forked)
        url = registry.target.upload_url
        with self._started_here(REQUESTS_PER_FILE * len(paths)):
            if pypirc and credential is not None:
                run = twine.publish_with_pypirc(paths, to=url, credential=credential)
            else:
                run = twine.publish(paths, to=url, credential=credential)
        self._recorded(run, as_, credential, twine)
        return _published(run, registry, distributions)

    def publish_with_uv(self, *distributions: Distribution, as_: str = DEFAULT) -> ClientRun:
        """Run `uv publish`; the credential comes from the environment."""
        for distribution in distributions:
            self._registry.announce(distribution)
        paths = [distribution.save(self._new_folder()) for distribution in distributions]
        options, target = self._run.options, self._registry.target
        credential = target.credential(as_)
        uv = Uv(timeout=options.client_timeout, ca_bundle=options.ca_bundle)
        with self._started_here(REQUESTS_PER_FILE * len(paths)):
            run = uv.publish(paths, to=target.upload_url, credential=credential)
        self._recorded(run, as_, credential, uv)
        return _published(run, self._registry, distributions)

    def install(
        self,
        *requirements: str,
        as_: str = DEFAULT,
        extra_index: bool = False,
        of: RegistryClient | None = None,
        **selection: Unpack[Selection],
    ) -> Installation:
        """Run `pip install`, with the target (or `of`) as the index, or as an extra index beside an empty one."""
        target = self._new_folder()
        index = _index(of or self._registry, as_)
        names = [self._name(line) for line in requirements]
        for name in names:
            (of or self._registry).await_page(name)
        first = empty_index(self._new_folder(), names=names)
        for _ in range(TRIES):
            with self._started_here(REQUESTS_PER_REQUIREMENT * len(requirements)):
                run = self._pip.install(
                    *requirements,
                    target=target,
                    index_url=first if extra_index else index,
                    extra_index_urls=[index] if extra_index else [],
                    **selection,
                )
            if not run.failed_connection:
                break
        self._recorded(run, as_, index.credential, self._pip)
        return Installation(
            run=run, target=target, versions=installed_versions(target), files=installed_files(target)
        )

    def versions_pip_lists(self, installation: Installation) -> Mapping[str, str]:
        """Return the installed version of each project, as pip lists it to pip-api."""
        with _untestable_without_client():
            return PipApi(timeout=self._run.options.client_timeout).installed(installation.target)

    def members(self, distribution: Distribution) -> dict[str, bytes]:
        """Return the files of a wheel that an installation has to have, byte for byte."""
        return wheel_files(distribution.save(self._new_folder()))

    @property
    def _pip(self) -> Pip:
        options = self._run.options
        return Pip(timeout=options.client_timeout, ca_bundle=options.ca_bundle, forked=self._forked)

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._folder))

    @staticmethod
    def _name(requirement: str) -> str:
        return canonicalize_name(requirement.partition("==")[0].partition(" ")[0])

    def _recorded(self, run: ClientRun, as_: str, credential: Credential | None, client: Client) -> ClientRun:
        """Record a run of a client.

        Raises Unreachable where it had no connection, Throttled, and Untestable where it garbled the credential.
        """
        redact, transcript, budget = self._run.redact, self._run.transcript, self._run.session.budget
        transcript.record(
            Exchange(
                request=redact(" ".join((run.client, run.version, *run.command[3:]))),
                credential=as_ if self._run.target.credentials else ANONYMOUS,
                reason="timed out" if run.timed_out else f"exit code {run.exit_code}",
                response_body=redact(run.output),
                seconds=round(run.duration, 3),
            )
        )
        if failure := run.failed_connection:
            raise Unreachable(redact(f"{run.client} {run.version} had no connection: {failure}"))
        if run.exit_code != 0 and _THROTTLED.search(run.output_and_log):
            budget.pause(CLIENT_PAUSE, refused=True)
            raise Throttled(f"the registry throttled {run.client} {run.version}; use --rate", repeatable=True)
        if (
            run.exit_code != 0
            and credential
            and client.garbles(credential)
            and _REJECTED.search(run.output_and_log)
        ):
            raise Untestable(
                f"{run.client} {run.version} sends the credential {as_!r} as {client.credential_encoding}, and the "
                f"registry reads {credential.encoding}: RFC 7617 leaves the encoding of characters beyond ASCII open; "
                "configure a user name and a password of ASCII"
            )
        return run

    @contextmanager
    def _started_here(self, requests: int) -> Iterator[None]:
        """Start a client when the budget has room for about as many requests as it will send."""
        with (
            _untestable_without_client(),
            self._run.session.budget.turn(requests, seconds=self._run.options.client_timeout),
        ):
            yield


def _published(run: ClientRun, registry: RegistryClient, distributions: Sequence[Distribution]) -> ClientRun:
    """Return a run that published; where it succeeded, readers wait for its files."""
    if run.exit_code == 0:
        for distribution in distributions:
            registry.accepted(distribution)
    return run


def _index(registry: RegistryClient, as_: str) -> IndexURL:
    return IndexURL(registry.target.index_url, registry.target.credential(as_))


@contextmanager
def _untestable_without_client() -> Iterator[None]:
    """Make a check untestable when a client cannot be started."""
    try:
        yield
    except ClientMissing as error:
        raise Untestable(str(error)) from error
