"""What a run can change on a target, and whether it can remove what it publishes: said before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.run.clean_up import no_driver
from conformance.target.driver import description, target_driver
from conformance.target.drivers import DELETIONS, Ability
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.target.driver import TargetDriver
    from conformance.verdicts.options import RunOptions

_AT_A_TIME = {
    Ability.DELETE: "",
    Ability.DELETE_RELEASE: ", whole releases at a time",
    Ability.DELETE_PROJECT: ", whole projects at a time",
}


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The drivers of a target in words, and the end of a run as a predicate: "deletes what it has published …"."""

    drivers: str
    clean_up: str
    removes: bool
    """Whether nothing of the run stays on the target."""


def outlook(target: Target, options: RunOptions) -> Outlook:
    """Return what a run can change, and how it will end. Raises UserError from a driver.

    It sends no request; a driver that is a program is asked what it can do.
    """
    session = Session(
        transcript=Transcript(),
        redact=Redactor(target.secrets),
        limits=options,
        ca_bundle=options.ca_bundle,
    )
    driver = target_driver(target, session)
    drivers = description(driver)
    session.close()
    if options.read_only:
        return Outlook(drivers=drivers, clean_up="publishes nothing", removes=True)
    if target.embedded:
        return Outlook(drivers=drivers, clean_up="ends with the embedded server", removes=True)
    if options.keep:
        return Outlook(drivers=drivers, clean_up="deletes nothing (--keep)", removes=False)
    return _clean_up(target, driver, drivers)


def _clean_up(target: Target, driver: TargetDriver, drivers: str) -> Outlook:
    for name, each in driver.drivers.items():
        if each is driver.deleting:
            least = next(way for way in DELETIONS if way in each.abilities)
            how = f"by the driver {name}{_AT_A_TIME[least]}"
            return Outlook(drivers=drivers, clean_up=f"deletes what it has published, {how}", removes=True)
    lacking = f"cannot delete what it has published: {no_driver(target)}"
    return Outlook(drivers=drivers, clean_up=lacking, removes=False)
