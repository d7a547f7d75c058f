"""Changes of a version while a file is added to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, require
from conformance.kit.races.looks import look_at
from conformance.kit.races.race import timed, uploading
from conformance.kit.races.rounds import tried
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.kit.fixtures import Driver, NewName, Race, RegistryClient, Remark, Rounds
    from conformance.kit.http import Answer
    from conformance.kit.races.looks import Look
    from conformance.pages import ProjectPage
    from reference_server.distributions import Distribution

MET = (10, 0.4)
"""The least rounds, and the seconds that more of them may take: each publishes two files before."""

SPREAD = 0.618
"""Times the number of a round, less whole ones: where in the time of the upload the change happens.

The golden ratio spreads the rounds evenly, however many there are.
"""


@check("race.delete-vs-upload")
def test_delete_vs_upload(
    race: Race, registry: RegistryClient, driver: Driver, new_name: NewName, rounds: Rounds, *, remark: Remark
) -> None:
    require(driver, Ability.DELETE)

    def still_there(page: ProjectPage, filename: str) -> str:
        return f"{filename} is listed" if page.file(filename) else ""

    meetings = list(_meetings(race, registry, new_name, rounds, driver.delete))
    _judge(meetings, still_there, expected="the deleted file to be gone, and the others to be listed")
    remark(tried(len(meetings)))


@check("race.yank-vs-upload")
def test_yank_vs_upload(
    race: Race, registry: RegistryClient, driver: Driver, new_name: NewName, rounds: Rounds, *, remark: Remark
) -> None:
    require(driver, Ability.YANK)

    alone = wheel(new_name("yanked"), "1.0")
    publish(registry, alone)
    driver.yank(alone)
    # A registry may leave yanks out of one form, or of both: `yank.html.attribute` notes it.
    looks = look_at(race.reader, alone.name, race.forms)
    forms = {each.form for each in looks if not _not_yanked(each.page, alone.filename)}
    if not forms:
        raise Untestable(
            f"no page shows a yank, with or without an upload at the same time: {looks[0].answer}"
        )
    meetings = [
        replace(each, looks=tuple(look for look in each.looks if look.form in forms))
        for each in _meetings(race, registry, new_name, rounds, driver.yank)
    ]
    _judge(meetings, _not_yanked, expected="the yanked file to be yanked, and the others to be listed")
    remark(tried(len(meetings)))


def _not_yanked(page: ProjectPage, filename: str) -> str:
    file = page.file(filename)
    if file is None:
        return f"{filename} is not listed"
    return f"{filename} is not yanked" if file.yanked in (None, False) else ""


@dataclass(frozen=True, kw_only=True)
class _Meeting:
    """A version with a file that was changed while another was uploaded; `there` are the files to be listed."""

    changed: Distribution
    there: tuple[Distribution, ...]
    upload: Answer
    looks: tuple[Look, ...]


def _meetings(
    race: Race,
    registry: RegistryClient,
    new_name: NewName,
    rounds: Rounds,
    change: Callable[[Distribution], None],
) -> Iterator[_Meeting]:
    uploaded_in = changed_in = 0.0
    for number in rounds.at_least(*MET).numbers():
        name = new_name("met")
        changed, stays, added = (wheel(name, "1.0", build=str(build)) for build in (1, 2, 3))
        publish(registry, changed, stays)
        # From an end with the upload's beginning to a beginning with its end, as long as both took before.
        lead = (uploaded_in + changed_in) * (number * SPREAD % 1) - changed_in
        (upload, uploaded_in), (_, changed_in) = race(
            timed(uploading(added), after=-lead), timed(partial(_changed, change, changed), after=lead)
        )
        if upload is not None:
            yield _Meeting(
                changed=changed,
                there=(stays, added) if upload.is_success else (stays,),
                upload=upload,
                looks=look_at(race.reader, name, race.forms),
            )


def _changed(change: Callable[[Distribution], None], file: Distribution, _: RegistryClient) -> Answer | None:
    change(file)
    return None


def _judge(meetings: Sequence[_Meeting], amiss: Callable[[ProjectPage, str], str], *, expected: str) -> None:
    """Require that nothing is wrong with any page; `amiss` says what is wrong with the file that was changed.

    Raises Untestable where a page cannot be read, or no upload was accepted.
    """
    wrong = []
    for each in meetings:
        for look in each.looks:
            if look.answer.status != 200:
                raise Untestable(f"the page cannot be read after a change during an upload: {look.answer}")
            lost = [
                f"{file.filename} is not listed" for file in each.there if not look.page.file(file.filename)
            ]
            found = filter(None, (*lost, amiss(look.page, each.changed.filename)))
            wrong += [f"{what}: {look.answer}" for what in found]
    expect.rule(
        expected, broken_by=wrong, where=f"{len(meetings)} versions, each changed during an upload to it"
    )
    if not any(each.upload.is_success for each in meetings):
        raise Untestable("no upload was accepted that met a change of its version")
