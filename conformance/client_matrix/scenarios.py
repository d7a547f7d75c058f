"""The table of scenarios: what users do with a client, and what has to come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.client_matrix import (
    caching,
    identifying,
    installing,
    locking,
    other_hosts,
    publishing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.client_matrix.stage import Stage

    Scene = Callable[[Stage], None]


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
    Scenario(
        id="publish.wheel-and-sdist", title="publish", run=publishing.publish_wheel_and_sdist, plain=True
    ),
    Scenario(id="publish.again", title="again", run=publishing.publish_again),
    Scenario(id="publish.skip-existing", title="skip", run=publishing.publish_skip_existing, counts=False),
    Scenario(id="install.latest", title="latest", run=installing.install_latest, plain=True),
    Scenario(id="install.pinned", title="pinned", run=installing.install_pinned),
    Scenario(id="install.by-hash", title="hash", run=installing.install_by_hash),
    Scenario(id="install.dependencies", title="deps", run=installing.install_dependencies),
    Scenario(id="install.extra", title="extra", run=installing.install_extra),
    Scenario(id="install.yanked", title="yanked", run=installing.install_yanked),
    Scenario(id="install.yanked-pinned", title="yanked pin", run=installing.install_yanked_pinned),
    Scenario(id="install.pre-release", title="pre", run=installing.install_pre_release),
    Scenario(id="install.requires-python", title="python", run=installing.install_requires_python),
    Scenario(id="install.absent", title="absent", run=other_hosts.install_absent),
    Scenario(id="install.two-indexes", title="two", run=other_hosts.install_from_two_indexes),
    Scenario(id="lock.write", title="lock", run=locking.lock_write),
    Scenario(id="lock.install", title="sync", run=locking.lock_install),
    Scenario(id="lock.install-yanked", title="sync yanked", run=locking.lock_install_yanked),
    Scenario(id="cache.release", title="cache", run=caching.install_after_release),
    Scenario(id="cache.yank", title="cache yank", run=caching.install_after_yank),
    Scenario(id="credential.url", title="url", run=identifying.credential_in_url),
    Scenario(id="credential.environment", title="env", run=identifying.credential_in_environment),
    Scenario(id="credential.netrc", title="netrc", run=identifying.credential_in_netrc),
    Scenario(id="credential.keyring", title="keyring", run=identifying.credential_in_keyring),
    Scenario(id="credential.store", title="store", run=identifying.credential_in_store),
)
"""Every scenario, in the order of reports. A client's own documents leave it to registries whether a file that exists
can be told from other refusals, so the failure of `publish.skip-existing` does not count."""
