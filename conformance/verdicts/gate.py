"""The baseline that a run is held against, read and checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.catalogue import catalogue
from conformance.verdicts.baseline import Baseline, read_baseline
from conformance.verdicts.sets import retired

if TYPE_CHECKING:
    from pathlib import Path


def known_baseline(path: Path) -> Baseline:
    """Read a baseline of requirements that the catalogue has. Raises BadBaseline."""
    return read_baseline(path, known=catalogue().requirements.keys(), retired=retired())
