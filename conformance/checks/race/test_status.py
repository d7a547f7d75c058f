"""A project's status, and who has not heard of it yet."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.differences import listed_lines
from conformance.kit.races.racers import DEADLINE
from conformance.kit.races.rounds import few
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Driver, NewName, Race, RegistryClient
    from conformance.kit.http import Answer


SENDERS = 2


@check("race.status-vs-upload")
def test_status_vs_upload(
    race: Race, registry: RegistryClient, driver: Driver, new_name: NewName, rounds: int
) -> None:
    late = []
    for _ in range(few(rounds)):
        project, busy, archived = new_name("archived"), Event(), Event()
        publish(registry, wheel(project, "0.1"))
        senders = [partial(_upload_on, project, number, busy, archived) for number in range(SENDERS)]
        answers = race(*senders, partial(_archive, driver, project, busy, archived))
        late += [str(answer) for answer in answers if answer is not None and answer.is_success]
    if late:
        raise Deviation(
            expected="every upload after the archiving of a project to be refused",
            found=f"{len(late)} of {few(rounds) * SENDERS} accepted:\n{listed_lines(late)}",
            where=f"{few(rounds)} projects that were archived while {SENDERS} senders uploaded to each",
        )


def _upload_on(project: str, number: int, busy: Event, archived: Event, lane: RegistryClient) -> Answer:
    """Upload twice while the project is being archived, and once more when it is; return the last answer."""
    for minor in range(2):
        lane.upload(wheel(project, f"1.{number}.{minor}"))
        busy.set()
    archived.wait(DEADLINE)
    return lane.upload(wheel(project, f"2.{number}"))


def _archive(driver: Driver, project: str, busy: Event, archived: Event, _: RegistryClient) -> None:
    busy.wait(DEADLINE)
    try:
        driver.set_status(project, "archived")
    finally:
        archived.set()
