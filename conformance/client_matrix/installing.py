"""Scenarios of installing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.client_matrix.stage import require_installed
from conformance.clients import Wanted

if TYPE_CHECKING:
    from conformance.client_matrix.stage import Stage


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


def install_extra(stage: Stage) -> None:
    """Install a project with an extra: what the extra depends on, too, from the same registry."""
    rich, needed = stage.venue.with_extra
    stage.install(Wanted(name=rich, extra="more"))
    require_installed(stage, **{rich: "1.0", needed: "1.0"})


def install_yanked(stage: Stage) -> None:
    """Install a project whose newest version is yanked: the one before."""
    name = stage.venue.yanked
    stage.install(Wanted(name=name))
    require_installed(stage, **{name: "1.0"})


def install_yanked_pinned(stage: Stage) -> None:
    """Install exactly the version that is yanked: yanking does not break what is pinned (PEP 592)."""
    name = stage.venue.yanked
    stage.install(Wanted(name=name, version="1.1"))
    require_installed(stage, **{name: "1.1"})


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
