"""The driver of a run's target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target.driver import Driver, driver_for
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.run.run import Run


def driver_of(run: Run) -> Driver:
    """Return the driver that the target names. Raises NotApplicable when it names none, or the run only reads."""
    if not run.corpus.published:
        raise NotApplicable("the run is read-only, and this check changes the state of a project")
    return driver_for(run.registry, run.session)
