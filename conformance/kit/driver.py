"""The driver of a run's target, for checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target.driver import TargetDriver, target_driver
from conformance.target.drivers import DELETIONS, Ability, Driver, File
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from conformance.run.run import Run

__all__ = ["Ability", "Driver", "delete_alone", "driver_of", "require"]


def driver_of(run: Run) -> Driver:
    """Return the driver of the target. Raises NotApplicable where there is none, or the run only reads."""
    if not run.corpus.published:
        raise NotApplicable("the run is read-only, and this check changes the state of a project")
    driver = target_driver(run.target, run.session, registry=run.registry)
    if not driver.drivers:
        driver.require(Ability.DELETE)
    return driver


def require(driver: Driver, *abilities: Ability) -> None:
    """Raise NotApplicable unless a driver can do all of this: to be asked before anything is published for it."""
    if isinstance(driver, TargetDriver):
        driver.require(*abilities)


def delete_alone(driver: Driver, file: File, *, alone_in: Ability) -> None:
    """Delete a file together with its release or project, in which it is alone, so that nothing empty stays.

    Deletes the largest of them that the driver can. Raises NotApplicable where it can delete only more.
    """
    for way in reversed(DELETIONS[: DELETIONS.index(alone_in) + 1]):
        if way in driver.abilities:
            getattr(driver, way.method)(file)
            return
    require(driver, alone_in)
