"""Scenarios with more than the registry: a second index, and a project that the registry does not have.

Installers ask wherever they are pointed at: who publishes the name of a private project elsewhere gets installed in its
place (dependency confusion). The clients' documents say which index wins: data in `indexes.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from conformance.client_matrix.stage import Inconclusive, require_installed, require_success
from conformance.clients import IndexURL, ReadsTwo, Wanted
from conformance.verdicts import Deviation, NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.client_matrix.stage import Stage

OURS, THEIRS = "1.0", "99.0"
"""The version of the registry, and that of the other index."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which index wins: the `first` that has the project, or the one with the `highest` version."""

    client: str
    wins: str
    why: str
    source: str
    versions: str = ""

    @property
    def version(self) -> str:
        """The version that is installed."""
        return OURS if self.wins == "first" else THEIRS


@cache
def orders() -> tuple[Order, ...]:
    """Return every row."""
    table = tomllib.loads((files(__package__) / "indexes.toml").read_text(encoding="utf-8"))
    return tuple(Order(**row) for row in table["order"])


def order_of(client: str, version: str) -> Order:
    """Return which index wins for a client. Raises StopIteration for one without a row."""
    return next(
        each
        for each in orders()
        if each.client == client and SpecifierSet(each.versions).contains(version, prereleases=True)
    )


def install_from_two_indexes(stage: Stage) -> None:
    """Install a project that another index has in a higher version: the client's documents say which of them wins.

    The credential of the registry never reaches the other index.
    """
    assert isinstance(stage.client, ReadsTwo)  # noqa: S101 - `offers.toml` says who does
    client, other = stage.client, stage.venue.other_index
    name = stage.venue.new_name("confused")
    stage.venue.publish(wheel(name, OURS))
    other.publish(wheel(name, THEIRS))
    run = stage.started(
        lambda: client.add_from_two(
            Wanted(name=name), folder=stage.folder, index_url=stage.index_url, other=IndexURL(other.url)
        )
    )
    if leaks := other.with_credential(name):
        raise Deviation(
            expected="the credential to be sent to the registry alone",
            found=f"the other index got {leaks[0]}",
            where=client.name,
        )
    require_success(run)
    require_installed(stage, **{name: order_of(client.name, client.version).version})


def install_absent(stage: Stage) -> None:
    """Install a project that the registry does not have: the client fails, and asks no other host."""
    if stage.venue.registry.target.fallback:
        raise NotApplicable("the target states that it leads clients elsewhere for what it does not have")
    run = stage.add(Wanted(name=stage.venue.new_name("absent")))
    if run.succeeded:
        raise Deviation(expected="a failure", found="exit code 0", where=stage.client.name)
    if not stage.sent and not stage.attempts:
        raise Inconclusive("the client failed, and asked for nothing")
    if stage.sent and 300 <= (stage.sent[-1].status or 0) < 400 and not stage.attempts:
        raise Deviation(
            expected="an answer that there is no such project",
            found=f"a redirect to another host: {stage.sent[-1]}",
            where=stage.client.name,
        )
