"""What a run is held against: the baseline and the frozen set, read and checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

from conformance.catalogue import catalogue
from conformance.verdicts.baseline import EMPTY, BadBaseline, Baseline, read_baseline
from conformance.verdicts.sets import UnknownSet, checked_set, retired


class BadGate(ValueError):
    """The baseline or the set cannot be used; one line says what to change."""


def read_gate(baseline: str | Path | None, requirement_set: str | None) -> tuple[Baseline, str | None]:
    """Return the baseline of a file, and the set if it exists; an empty one where none is given. Raises BadGate."""
    try:
        read = known_baseline(Path(baseline)) if baseline else EMPTY
        return read, checked_set(requirement_set, catalogue()) if requirement_set else None
    except (BadBaseline, UnknownSet) as error:
        raise BadGate(str(error)) from error


def known_baseline(path: Path) -> Baseline:
    """Read a baseline of requirements that the catalogue has. Raises BadBaseline."""
    return read_baseline(path, known=catalogue().requirements.keys(), retired=retired())
