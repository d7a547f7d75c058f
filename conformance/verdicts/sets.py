"""Frozen sets of requirements: a gate keeps its set while the catalogue grows."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from conformance.catalogue import catalogue
from conformance.errors import UserError
from conformance.profiles import profile as profile_named
from conformance.profiles import profile_names
from conformance.verdicts import ExitCode, Tally, Verdict
from conformance.verdicts.validation import Invalid, validated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable

    from conformance.catalogue import Catalogue, Requirement

_NAME = re.compile(r"\d{4}\.(0[1-9]|1[0-2])")


class UnknownSet(UserError):
    """There is no set of that name; the message lists all sets."""


class BadRetirement(ValueError):
    """A row of retired.toml is not whole. The file is ours: fix the row."""


def sets_of(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Return the names of all sets, such as `2026.11`, the oldest first."""
    return tuple(sorted({requirement.since for requirement in requirements}))


def checked_set(name: str, requirements: Iterable[Requirement]) -> str:
    """Return the name of a set that exists. Raises UnknownSet."""
    known = sets_of(requirements)
    if name not in known:
        raise UnknownSet(f"there is no set {name!r}", f"Choose one of: {', '.join(known)}.")
    return name


def known_set(name: str | None) -> str | None:
    """Return the name of a set of the catalogue; None where none is wanted. Raises UnknownSet."""
    return checked_set(name, catalogue()) if name else None


def is_scored(requirement: Requirement, requirement_set: str | None) -> bool:
    """Tell whether a requirement belongs to a frozen set, and so counts; without a set each one does."""
    return requirement_set is None or requirement.since <= requirement_set


class Retirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A requirement that was given up, the first set without it, and the reason."""

    id: Annotated[str, Meta(min_length=1)]
    since: Annotated[str, Meta(pattern=rf"^{_NAME.pattern}$", description="a year and a month")]
    because: Annotated[str, Meta(min_length=1, description="a reason")]


class RetiredFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ids that are never used again."""

    retired: tuple[Retirement, ...] = ()


@cache
def retired() -> Mapping[str, str]:
    """Return the ids that were given up, each with the reason."""
    return {name: row.because for name, row in _retired().items()}


def retired_after(requirement_set: str) -> tuple[str, ...]:
    """Return the ids that were given up since a set."""
    return tuple(name for name, row in _retired().items() if row.since > requirement_set)


@cache
def _retired() -> Mapping[str, Retirement]:
    return read_retired(files("conformance.catalogue").joinpath("retired.toml"))


def read_retired(file: Traversable) -> dict[str, Retirement]:
    """Read a file of retired ids. Raises BadRetirement."""
    try:
        rows = validated(tomllib.loads(file.read_text(encoding="utf-8")), RetiredFile, toml=True).retired
    except Invalid as error:
        raise BadRetirement(f"{file.name}: {error}") from error
    found = {row.id: row for row in rows}
    if len(found) < len(rows):
        twice = sorted({row.id for row in rows if sum(row.id == each.id for each in rows) > 1})
        raise BadRetirement(f"{file.name}: listed twice: {', '.join(twice)}")
    return found


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """What another set would make of a result: the requirements that join, and the exit codes of both."""

    old: str
    new: str
    joining: Mapping[str, Verdict | None]
    """By id the verdict of each requirement that joins; None where the result does not have it."""
    leaving: tuple[str, ...]
    before: ExitCode
    after: ExitCode


def upgrade(verdicts: Mapping[str, Verdict], requirements: Catalogue, *, old: str, profile: str) -> Upgrade:
    """Return what changes for a result when its run moves from a set to the newest one.

    Raises UnknownSet.
    """
    checked_set(old, requirements)
    rows = requirements.judged_in(profile_named(profile)) if profile in profile_names() else []
    held = {row.id: row for row in rows}
    joining = {name: verdicts.get(name) for name, row in held.items() if not is_scored(row, old)}
    scored = [verdict for name, verdict in verdicts.items() if name not in joining]
    return Upgrade(
        old=old,
        new=sets_of(requirements)[-1],
        joining=joining,
        leaving=retired_after(old),
        before=Tally.of(scored).exit_code(),
        after=Tally.of(verdicts.values()).exit_code(),
    )
