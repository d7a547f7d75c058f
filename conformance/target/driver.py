"""The drivers of a target as one: the named one, and GitLab's where the target has its API."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.target.drivers.driver import DELETIONS, Ability, Driver
from conformance.target.drivers.refusals import NotFound, Promised
from conformance.target.drivers.registry_api import RegistryApi
from conformance.target.drivers.table import driver_class, settings_of
from conformance.target.settling import omits, shows, shows_file
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.target import Target
    from conformance.target.drivers.driver import File
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer, Session

NEXT_STEP = "name a driver that can in [management] of registry.toml; docs/drivers.md lists them"

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""Seconds between two searches for what is to be changed; each pause is twice as long as the one before."""

FEATURES: Mapping[str, frozenset[Ability]] = {
    "delete": frozenset(DELETIONS),
    "yank": frozenset({Ability.YANK}),
    "status": frozenset({Ability.SET_STATUS}),
    "provenance": frozenset({Ability.ATTACH_PROVENANCE}),
}
"""The features that a driver can produce, even if the pages do not show them yet: any of the abilities will do."""


class TargetDriver(Driver):
    """What the drivers of a target can do together: each thing by the first of them that can.

    Raises NotApplicable for what none of them can. The readers of `registry` wait
    until pages show a change.
    """

    def __init__(self, drivers: Mapping[str, Driver], *, registry: RegistryClient | None = None) -> None:
        self.drivers = drivers
        self._registry = registry
        self._has_waited_in_vain = False

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        return frozenset().union(*(each.abilities for each in self.drivers.values()))

    def require(self, *abilities: Ability) -> None:
        """Raise NotApplicable unless it can do all of this."""
        for each in abilities:
            if each not in self.abilities:
                names = " or ".join(self.drivers)
                lacking = f"the driver {names} cannot do" if names else "there is no driver for"
                raise NotApplicable(f"{lacking} this ({each}); {NEXT_STEP}")

    @property
    def deleting(self) -> Driver | None:
        """The driver that deletes; None without any."""
        return next((each for each in self.drivers.values() if each.abilities & set(DELETIONS)), None)

    def delete(self, file: File) -> None:
        """Delete a file, and nothing else."""
        self._change(Ability.DELETE, file.name, file)
        self._expect(file, omits(file.filename))

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""
        self._change(Ability.DELETE_RELEASE, file.name, file)
        self._expect(file, omits(file.filename), instead=True)

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""
        self._change(Ability.DELETE_PROJECT, file.name, file)
        self._expect(file, omits(file.filename), instead=True)

    def yank(self, file: File, reason: str = "") -> None:
        """Yank a file, with or without a reason."""
        self._change(Ability.YANK, file.name, file, reason)
        self._expect(file, shows_file(file.filename, lambda found: found.yanked not in (None, False)))

    def unyank(self, file: File) -> None:
        """Undo a yank."""
        self._change(Ability.UNYANK, file.name, file)
        self._expect(file, shows_file(file.filename, lambda found: found.yanked in (None, False)))

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""
        self._change(Ability.SET_STATUS, project, project, status, reason)
        if self._registry is not None:
            wanted = {None, "active"} if status == "active" else {status}
            shown_on = shows(lambda page: page.status in wanted)
            self._registry.expect_on_page(project, "status", shown_on, instead=True)

    def attach_provenance(self, file: File, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""
        self._change(Ability.ATTACH_PROVENANCE, file.name, file, provenance)
        self._expect(file, shows_file(file.filename, lambda found: found.provenance is not None))

    def _change(self, ability: Ability, project: str, *about: Any) -> None:
        self.require(ability)
        able = next(each for each in self.drivers.values() if ability in each.abilities)
        try:
            with suppress(Promised):  # readers of the pages wait for it
                self._patiently(lambda: getattr(able, ability.method)(*about))
        finally:
            if self._registry is not None:
                self._registry.forget_pages(project)

    def _patiently(self, change: Callable[[], None]) -> None:
        """Change what the checks have published, as soon as a search of the registry finds it.

        Once a search has found nothing until the limit, no later one is repeated.
        """
        limit = self._registry.settling.limit if self._registry is not None else 0.0
        until, pause = time.monotonic() + limit, SHORTEST_PAUSE
        while True:
            try:
                return change()
            except NotFound:
                self._has_waited_in_vain |= bool(limit) and time.monotonic() >= until
                if not limit or self._has_waited_in_vain:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _expect(self, file: File, shown_on: Callable[[Answer], bool], *, instead: bool = False) -> None:
        if self._registry is not None:
            self._registry.changed(file, shown_on, instead=instead)


def target_driver(
    target: Target, session: Session, *, registry: RegistryClient | None = None
) -> TargetDriver:
    """Return the drivers of a target, which may be none. Raises UserError for one that cannot be imported."""
    api = RegistryApi(target, session)
    drivers = {name: driver_class(name)(api, settings_of(table)) for name, table in _tables(target).items()}
    return TargetDriver(drivers, registry=registry)


def clean_up_cost(target: Target) -> int:
    """Return how many requests the clean-up of a file takes; 0 where no driver deletes. Asks no program."""
    classes = [driver_class(name) for name in _tables(target)]
    for each in classes:
        if each.implemented() & set(DELETIONS):
            cost: int = each.requests_per_deletion
            return cost
    return 0


def driven_features(driver: TargetDriver) -> frozenset[str]:
    """Return the features that the drivers of a target can produce; none without a driver."""
    own = (each.features for each in driver.drivers.values())
    by_ability = {name for name, abilities in FEATURES.items() if abilities & driver.abilities}
    return frozenset(by_ability).union(*own)


def description(driver: TargetDriver) -> str:
    """Return in words which drivers a target has, and what each of them can do."""
    none = "none is named in [management] of registry.toml; docs/drivers.md lists them"
    return "; ".join(_described(driver)) or none


def _described(driver: TargetDriver) -> Iterator[str]:
    for name, each in driver.drivers.items():
        can = [ability.value for ability in Ability if ability in each.abilities]
        yield f"{name} ({', '.join(can) or 'can do nothing'})"


def _tables(target: Target) -> dict[str, Mapping[str, Any]]:
    """Return the table of each driver: the one in `[management]`, then GitLab's where its API is known."""
    named = {str(target.management["driver"]): target.management} if target.management else {}
    default = {"gitlab": {"driver": "gitlab"}} if target.has_gitlab_api else {}
    return {**named, **{name: table for name, table in default.items() if name not in named}}
