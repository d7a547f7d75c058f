"""Removes the distributions of a run from one registry, by its driver, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name
from packaging.utils import parse_sdist_filename as sdist_parts
from packaging.utils import parse_wheel_filename as wheel_parts
from packaging.version import InvalidVersion, Version

from conformance.errors import UserError
from conformance.target.answered_pages import page_in, root_in
from conformance.target.drivers import Ability, NotFound, NotThere, Promised
from conformance.verdicts import Deviation, NotJudged, Untestable
from conformance.wire import BadAnswer, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from conformance.corpus.ledger import Entry
    from conformance.target.drivers import Driver
    from conformance.target.drivers.driver import Release
    from conformance.target.drivers.refusals import CannotDo
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

Item = TypeVar("Item")
Found = TypeVar("Found")

BROKEN_OFF = (Unreachable, NotJudged)
"""Errors after which nothing more can be sent."""

FAILURES = (Untestable, UserError, Deviation, *BROKEN_OFF)
"""Errors that end one deletion."""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What was removed: releases by name and version, entries that were stored; and what is left, with reasons."""

    releases: set[tuple[str, str]] = field(default_factory=set)
    stored: set[Entry] = field(default_factory=set)
    left: dict[Entry, str] = field(default_factory=dict)

    def update(self, later: Removal) -> None:
        """Add what was removed later, and what was left then."""
        self.releases.update(later.releases)
        self.stored.update(later.stored)
        self.left.update(later.left)


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A file by what a ledger knows of it."""

    name: str
    version: str
    filename: str = ""
    sha256: str = ""


def remove(
    driver: Driver,
    registry: RegistryClient,
    entries: Sequence[Entry],
    *,
    refused: Collection[Entry],
    run_id: str,
) -> Removal:
    """Remove entries of the ledger of a run from a registry. What was refused is looked for, too, but never left.

    A release or a project as a whole is deleted only if all its files are in the ledger. Errors of the registry
    and of the driver are not raised: what they concern is left.
    """
    try:
        listed = driver.releases(run_id)
    except FAILURES as error:
        return Removal(left={entry: _reason(error) for entry in entries if entry not in refused})
    if listed is not None:
        return _by_list(driver, registry, listed, entries, refused)
    return _ByPages(driver, registry, entries, refused, run_id).removal()


def _by_list(
    driver: Driver,
    registry: RegistryClient,
    listed: Iterable[Release],
    entries: Sequence[Entry],
    refused: Collection[Entry],
) -> Removal:
    """Delete each release that the registry lists with the id of the run, and with the name of an entry.

    No name of another owner contains the id, so nothing else can be in such a release. Several are deleted at once
    where the registry is far away.
    """
    ours = {canonicalize_name(entry.project) for entry in entries}
    releases = [each for each in listed if canonicalize_name(each.name) in ours]
    removal, failed, delete = Removal(), dict[str, str](), _Deleting(driver)
    reasons = _for_each(driver, registry, delete, releases)
    for release, why in zip(releases, reasons, strict=True):
        name = canonicalize_name(release.name)
        if why:
            failed[name] = why
        else:
            removal.releases.add((name, release.version))
    for entry in entries:
        if (canonicalize_name(entry.project), entry.version) in removal.releases:
            removal.stored.add(entry)
        elif (reason := failed.get(canonicalize_name(entry.project))) and entry not in refused:
            removal.left[entry] = reason
    return removal


def _for_each(
    driver: Driver, registry: RegistryClient, action: Callable[[Item], Found], items: Iterable[Item]
) -> list[Found]:
    """Return what an action returns for each item; several run at once where the driver and the target allow it."""
    return registry.for_each(action, items) if driver.side_by_side else [action(each) for each in items]


class _Deleting:
    """Deletes releases, until nothing more can be sent."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._stops: list[str] = []

    def __call__(self, release: Release) -> str:
        """Delete a release; return why it is left, if so."""
        if self._stops:
            return self._stops[0]
        try:
            with suppress(NotThere, Promised):
                self._driver.delete_release(_Listed(name=release.name, version=release.version))
        except FAILURES as error:
            if isinstance(error, BROKEN_OFF):
                self._stops.append(_reason(error))
            return _reason(error)
        return ""


class _ByPages:
    """Removes what the ledger lists, project by project; what else a project holds is seen on its page."""

    def __init__(
        self,
        driver: Driver,
        registry: RegistryClient,
        entries: Sequence[Entry],
        refused: Collection[Entry],
        run_id: str,
    ) -> None:
        self._driver = driver
        self._registry = registry
        self._entries = entries
        self._refused = refused
        self._run_id = run_id
        self._filenames = {entry.filename for entry in entries}
        self._removal = Removal()

    def removal(self) -> Removal:
        """Remove everything that can be removed."""
        listed = None
        with suppress(*FAILURES):
            listed = self._listed()
        stops: list[str] = []

        def remove(project: tuple[str, list[Entry]]) -> None:
            name, entries = project
            accepted = [entry for entry in entries if entry not in self._refused]
            if stops:
                self._leave(accepted, stops[0])
            elif accepted or listed is None or name in listed:
                stops.extend(filter(None, [self._of_project(name, entries, accepted)]))

        projects = [(name, list(of)) for name, of in groupby(sorted(self._entries, key=_name), key=_name)]
        _for_each(self._driver, self._registry, remove, projects)
        return self._removal

    def _listed(self) -> set[str] | None:
        """Return the names of all projects that the index lists; None if its list lacks what was accepted."""
        answer = self._registry.root_answer()
        if answer.status != 200:
            return None
        known = {str(canonicalize_name(name)) for name in root_in(answer).names}
        accepted = {_name(entry) for entry in self._entries if entry not in self._refused}
        return known if known & accepted else None

    def _of_project(self, name: str, entries: list[Entry], accepted: list[Entry]) -> str:
        """Remove the entries of a project; return why nothing more can be sent, if so."""
        can = self._driver.abilities
        files = None
        try:
            if not accepted or can & {Ability.DELETE_PROJECT, Ability.DELETE_RELEASE}:
                files = self._files(name)
            stored = [each for each in entries if each in accepted or each.filename in (files or ())]
            if not stored:
                return ""
            foreign = sorted(set(files or ()) - self._filenames)
            known = files is not None or self._run_id in name
            if Ability.DELETE_PROJECT in can and known and not foreign:
                return self._delete(self._driver.delete_project, stored)
        except BROKEN_OFF as error:
            self._leave(accepted, _reason(error))
            return _reason(error)
        for number, entry in enumerate(stored):
            if stop := self._delete_one(entry, foreign, known=known):
                self._leave([each for each in stored[number:] if each in accepted], stop)
                return stop
        return ""

    def _delete_one(self, entry: Entry, foreign: list[str], *, known: bool) -> str:
        """Delete the release of a file where all of it is the run's own, else the file; return why to stop, if so."""
        can = self._driver.abilities
        others = [name for name in foreign if _version(name) in {None, _parsed(entry.version)}]
        if Ability.DELETE_RELEASE in can and known and not others:
            return self._delete(self._driver.delete_release, [entry])
        if Ability.DELETE in can:
            return self._delete(self._driver.delete, [entry])
        others = others or foreign
        more = f"which has files that this run did not publish: {', '.join(others[:3])}"
        what = "release" if Ability.DELETE_RELEASE in can else "project"
        self._leave(
            [entry], f"the driver deletes only the whole {what}, {more if others else 'whose page is unread'}"
        )
        return ""

    def _delete(self, way: Callable[[_Listed], None], entries: list[Entry], *, again: bool = True) -> str:
        """Delete entries, the first of which stands for all of them; return why no more can be sent, if so.

        What a search did not find is searched for `again` where its page lists it once it has settled.
        """
        first = entries[0]
        file = _Listed(name=first.project, version=first.version, filename=first.filename)
        try:
            try:
                way(file)
            except Promised as error:
                self._leave_listed(entries, error)
                entries = [entry for entry in entries if entry not in self._removal.left]
            except NotThere as error:
                self._leave_listed(entries, error)
                if again and isinstance(error, NotFound) and self._removal.left.keys() & set(entries):
                    for entry in entries:
                        self._removal.left.pop(entry, None)
                    return self._delete(way, entries, again=False)
                with_another = self._removal.releases  # its release was deleted for another file
                entries = [entry for entry in entries if (_name(entry), entry.version) in with_another]
        except FAILURES as error:
            self._leave([entry for entry in entries if entry not in self._refused], _reason(error))
            return _reason(error) if isinstance(error, BROKEN_OFF) else ""
        self._removal.stored.update(entries)
        self._removal.releases.update((_name(entry), entry.version) for entry in entries)
        return ""

    def _leave_listed(self, entries: list[Entry], error: CannotDo) -> None:
        """Leave entries that a page lists although the registry knows them no more, once it has settled.

        A page that cannot be read may list each of them.
        """
        for entry in entries:
            self._registry.deleted(
                _Listed(name=entry.project, version=entry.version, filename=entry.filename)
            )
        accepted = [entry for entry in entries if entry not in self._refused]
        try:
            answer = self._registry.project_answer(_name(entries[0]), fresh=True)
        except BadAnswer as broken:
            self._leave(
                accepted, f"{_reason(error)}; its page cannot be read: {broken.where}: {broken.found}"
            )
            return
        if self._registry.is_unknown(answer) or answer.status == 410:
            return
        files = _files_on(answer)
        if files is None:
            self._leave(accepted, f"{_reason(error)}; its page cannot be read: {answer}")
        else:
            listed = [entry for entry in entries if entry.filename in files]
            self._leave(listed, f"{_reason(error)}; its page lists it")

    def _files(self, name: str) -> list[str] | None:
        """Return the file names on the page of a project; None if there is no page that can be read."""
        with suppress(BadAnswer):
            return _files_on(self._registry.project_answer(name, fresh=True))
        return None

    def _leave(self, entries: Iterable[Entry], reason: str) -> None:
        self._removal.left.update(dict.fromkeys(entries, reason))


def _files_on(answer: Answer) -> list[str] | None:
    """Return the file names on a page; None if it cannot be read."""
    if answer.status != 200:
        return None
    with suppress(Deviation):
        return [file.filename for file in page_in(answer).files]
    return None


def _name(entry: Entry) -> str:
    return str(canonicalize_name(entry.project))


def _reason(error: BaseException) -> str:
    return str(error).replace("\n", "; ")


def _version(filename: str) -> Version | None:
    """Return the version in a file name; None where it has none."""
    with suppress(InvalidWheelFilename, InvalidVersion):
        return wheel_parts(filename)[1]
    with suppress(InvalidSdistFilename, InvalidVersion):
        return sdist_parts(filename)[1]
    return None


def _parsed(version: str) -> Version | None:
    with suppress(InvalidVersion):
        return Version(version)
    return None
