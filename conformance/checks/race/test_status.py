"""A project's status, and who has not heard of it yet."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.differences import listed_lines
from conformance.kit.races.held import HeldUpload
from conformance.kit.races.racers import DEADLINE
from conformance.kit.races.rounds import tried
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, NewName, Race, RegistryClient, Remark, Rounds
    from conformance.kit.http import Answer


SENDERS = 2

ARCHIVED = (5, 0.2)
"""The least projects that are archived, and the seconds that more of them may take."""


@check("race.status-vs-upload")
def test_status_vs_upload(
    race: Race,
    registry: RegistryClient,
    driver: Driver,
    new_name: NewName,
    rounds: Rounds,
    *,
    remark: Remark,
) -> None:
    late, times = [], 0
    for times in rounds.at_least(*ARCHIVED).numbers():  # noqa: B007 - the last number counts
        project, busy, archived = new_name("archived"), Event(), Event()
        publish(registry, wheel(project, "0.1"))
        held = HeldUpload(wheel(project, "3.0"))
        answers = race(
            *(partial(_upload_on, project, number, busy, archived) for number in range(SENDERS)),
            partial(_upload_across, project, held, archived),
            held.during(partial(_archive, driver, project, busy, archived)),
        )
        late += [str(answer) for answer in answers if answer is not None and answer.is_success]
    if late:
        raise Deviation(
            expected="every upload after the archiving of a project to be refused",
            found=f"{len(late)} of {times * (SENDERS + 1)} accepted:\n{listed_lines(late)}",
            where=f"{times} projects that were archived during uploads to each",
        )
    remark(tried(times))


def _upload_on(project: str, number: int, busy: Event, archived: Event, lane: RegistryClient) -> Answer:
    """Upload twice while the project is being archived, and once more when it is; return the last answer."""
    for minor in range(2):
        lane.upload(wheel(project, f"1.{number}.{minor}"))
        busy.set()
    archived.wait(DEADLINE)
    return lane.upload(wheel(project, f"2.{number}"))


def _upload_across(project: str, held: HeldUpload, archived: Event, lane: RegistryClient) -> Answer:
    """Upload across the archiving, where either answer is right, and once more after it; return the last answer."""
    held.upload(lane)
    archived.wait(DEADLINE)
    return lane.upload(wheel(project, "3.1"))


def _archive(driver: Driver, project: str, busy: Event, archived: Event, _: RegistryClient) -> None:
    busy.wait(DEADLINE)
    try:
        driver.set_status(project, "archived")
    finally:
        archived.set()
