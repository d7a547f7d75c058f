"""Scenarios of a client that keeps a cache while pages change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.client_matrix.stage import require_installed
from conformance.clients import Wanted
from conformance.target.drivers import Ability
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.client_matrix.stage import Stage


def install_after_release(stage: Stage) -> None:
    """Install, publish a newer version, and install with the same cache: the newer one (uv: with --refresh)."""
    name = stage.venue.new_name("cached")
    stage.venue.publish(wheel(name, "1.0"))
    caching = _caching(stage)
    _install(caching, name, "1.0")
    stage.venue.publish(wheel(name, "1.1"))
    _install(caching, name, "1.1")


def install_after_yank(stage: Stage) -> None:
    """Install, yank the version, and install with the same cache: the one before (uv: with --refresh)."""
    stage.venue.driver.require(Ability.YANK)
    name = stage.venue.new_name("cached")
    newest = wheel(name, "1.1")
    stage.venue.publish(wheel(name, "1.0"), newest)
    caching = _caching(stage)
    _install(caching, name, "1.1")
    stage.venue.driver.yank(newest, "broken")
    stage.venue.registry.await_page(name)
    _install(caching, name, "1.0")


def _caching(stage: Stage) -> Stage:
    return stage.with_client(replace(stage.client, cache=stage.new_folder("cache")))


def _install(stage: Stage, name: str, version: str) -> None:
    """Install in a folder of its own."""
    here = stage.with_client(stage.client, folder=stage.new_folder("place"))
    here.install(Wanted(name=name))
    require_installed(here, **{name: version})
