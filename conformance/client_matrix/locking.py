"""Scenarios of lock files: written, and installed from when the registry has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.client_matrix.locked import require_locked
from conformance.client_matrix.stage import require_installed
from conformance.target.drivers import Ability
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.client_matrix.stage import Stage


def lock_write(stage: Stage) -> None:
    """Write a lock file: it names the newest release, and no hash but those of its files."""
    stage.lock(stage.venue.main)
    require_locked(stage.folder, stage.venue.corpus["main-latest"])


def lock_install(stage: Stage) -> None:
    """Lock a project, and install from the lock when the registry has a newer version."""
    name = stage.venue.new_name("locked")
    stage.venue.publish(wheel(name, "1.0"))
    stage.lock(name)
    stage.venue.publish(wheel(name, "1.1"))
    stage.sync()
    require_installed(stage, **{name: "1.0"})


def lock_install_yanked(stage: Stage) -> None:
    """Lock a project, and install from the lock when its version is yanked: yanking breaks no lock (PEP 592)."""
    stage.venue.driver.require(Ability.YANK)
    name = stage.venue.new_name("locked")
    locked = wheel(name, "1.0")
    stage.venue.publish(locked)
    stage.lock(name)
    stage.venue.publish(wheel(name, "1.1"))
    stage.venue.driver.yank(locked, "broken")
    stage.venue.registry.await_page(name)
    stage.sync()
    require_installed(stage, **{name: "1.0"})
