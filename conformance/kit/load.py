"""The load of a run, for the checks that judge what was seen under it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from socket import gethostname
from typing import TYPE_CHECKING

import pytest

from conformance.corpus.ledger import Entry
from conformance.errors import UserError
from conformance.histories.linearizability import Judgement, judge, with_patience
from conformance.histories.operation import Operation, Outcome
from conformance.histories.shrinking import shrunk
from conformance.histories.timeline import timeline
from conformance.load.listing import differing
from conformance.load.replacing import replaces_files
from conformance.load.settled import SettledLook
from conformance.load.task import now
from conformance.load.traffic import (
    CLOCKS_DIFFER,
    SettledProject,
    Traffic,
    by_second,
    put_together,
    seconds_at,
    skew_of,
)
from conformance.pages import JSON_V1, TEXT_HTML
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.load.conduct import Recorded
    from conformance.load.record import Sighting
    from conformance.pages import ProjectPage
    from conformance.run.run import Run

__all__ = [
    "Contest",
    "Operation",
    "SettledProject",
    "Traffic",
    "UnderLoad",
    "both_forms",
    "contested",
    "contradictions",
    "differing",
    "require_own_pace",
    "require_read",
    "require_same_time",
    "require_uploads",
    "seconds_at",
    "timeline",
    "unsent",
    "was_overwritten",
]


@dataclass
class UnderLoad:
    """A plugin of pytest: drives the load when the first check asks for it.

    `drive` does so, and returns what was recorded; `beyond` lets downloads go to hosts other than this machine.
    `traffic_seen` is what the checks have judged; `refused` says why there was no load.
    """

    drive: Callable[[Run], Recorded]
    beyond: bool = False
    traffic_seen: Traffic | None = field(default=None)
    refused: UserError | None = field(default=None)

    @pytest.fixture(scope="session")
    def traffic(self, run: Run) -> Traffic:
        """What was asked and answered under load, and what is there now."""
        try:
            recorded = self.drive(run)
        except UserError as error:
            self.refused = error
            raise
        self.traffic_seen = _settled(run, recorded, beyond=self.beyond)
        return self.traffic_seen


def _settled(run: Run, recorded: Recorded, *, beyond: bool) -> Traffic:
    """Put together what was recorded, and look at every project once more, when the registry has had time to settle.

    A look at once would miss what a registry drops when it tidies up. What is not there then, or could not be read,
    is read again for as long.
    """
    batches, host = recorded.batches, gethostname()
    seen = _seen(recorded, patience=run.options.settle)
    _remember(run, seen.uploads)
    if recorded.incomplete:
        raise recorded.incomplete
    accepted: dict[str, dict[str, frozenset[str]]] = {}
    for (project, file), contents in seen.accepted.items():
        accepted.setdefault(project, {})[file] = contents
    time.sleep(run.options.settle)
    look = SettledLook(
        run.registry,
        lambda: now(recorded.clock),
        deadline=time.monotonic() + run.options.settle,
        forms=offered_forms(run),
        beyond=beyond,
    )
    settled = {name: look.project(name, files) for name, files in accepted.items()}
    projects, root = look.projects(frozenset(accepted))
    return replace(
        seen,
        operations=put_together(batches, look.operations, host=host),
        settled=settled,
        listed_projects=projects,
        root=root,
        replaces=bool(seen.contested)
        and replaces_files(
            run.registry,
            f"conformance-{run.corpus.run_id}-again",
            settle=run.options.settle,
            beyond=beyond,
        ),
    )


def _seen(recorded: Recorded, *, patience: float) -> Traffic:
    """Put together what the clients have seen; `patience` are the seconds that a change may take to be shown."""
    batches = recorded.batches
    return Traffic(
        operations=put_together(batches, (), host=gethostname()),
        samples=[each for batch in batches for each in batch.samples],
        sightings=[each for batch in batches for each in batch.sightings],
        begun=by_second(batch.begun for batch in batches),
        not_begun=by_second(batch.not_begun for batch in batches),
        patience=patience,
        lag=max((batch.lag for batch in batches), default=0.0),
        skew=skew_of(batches),
        ended=recorded.ended,
        processes=len({batch.process for batch in batches}),
    )


def offered_forms(run: Run) -> tuple[str, ...]:
    """Return the media types of the forms that pages come in; both where the run has seen none."""
    forms = {"html": TEXT_HTML, "json": JSON_V1}
    return tuple(each for form, each in forms.items() if run.offer.has(form)) or tuple(forms.values())


def _remember(run: Run, uploads: Sequence[Operation]) -> None:
    """Write down what other machines have sent: they had ledgers of their own."""
    known = {each.filename for each in run.ledger.entries()}
    for each in uploads:
        if each.file not in known and not each.reads:
            known.add(each.file)
            version = each.file.removesuffix(".tar.gz").split("-")[1]
            run.ledger.add(
                Entry(url=run.target.upload_url, project=each.project, version=version, filename=each.file)
            )


def require_uploads(traffic: Traffic) -> None:
    """Raise Untestable where no upload was accepted under load."""
    if not traffic.accepted:
        raise Untestable(f"no upload was accepted under load{f': {traffic.ended}' if traffic.ended else ''}")


def require_read(traffic: Traffic) -> None:
    """Raise Untestable where a project could not be read after the load: what it lacks is unknown."""
    unread = [each for each in traffic.settled.values() if not each.was_read]
    if unread:
        raise Untestable(
            f"{len(unread)} of {len(traffic.settled)} projects could not be read after the load: {unread[0].unread}"
        )


def both_forms(traffic: Traffic) -> list[tuple[SettledProject, ProjectPage, ProjectPage]]:
    """Return the projects with pages in both forms, HTML and JSON. Raises NotApplicable where there are none."""
    both = [(each, each.html, each.json) for each in traffic.settled.values() if each.html and each.json]
    unread = next((each.unread for each in traffic.settled.values() if each.unread), "")
    if not both and unread:
        raise Untestable(f"the pages could not be read after the load: {unread}")
    if not both:
        raise NotApplicable("the registry serves pages in one form only")
    return both


def contradictions(traffic: Traffic) -> tuple[list[list[Operation]], int]:
    """Return the projects whose answers no order explains, each shrunk, and the number of those left undecided."""
    found, undecided = [], 0
    for history in traffic.by_project.values():
        patient = with_patience(history, traffic.patience)
        judgement = judge(patient, replaces=traffic.replaces)
        undecided += judgement is Judgement.UNDECIDED
        if judgement is Judgement.CONTRADICTORY:
            found.append(_as_seen(shrunk(patient, replaces=traffic.replaces), traffic.patience))
    return found, undecided


def _as_seen(history: Iterable[Operation], patience: float) -> list[Operation]:
    """Return operations with the times at which they were called, without the patience that was added to reads."""
    return [replace(each, called=each.called + patience) if each.reads else each for each in history]


def require_own_pace(traffic: Traffic, seconds: float) -> None:
    """Raise Untestable where the load itself was so late that its figures are not those of the registry."""
    if traffic.lag > seconds:
        raise Untestable(
            f"this machine was itself late by {traffic.lag:.2f} s; give fewer --users, or more --processes"
        )


def require_same_time(traffic: Traffic) -> None:
    """Raise Untestable where the clocks of the machines differ too much to say what came before what."""
    if traffic.skew > CLOCKS_DIFFER:
        raise Untestable(
            f"the clocks of the machines differ by {traffic.skew:.1f} s; synchronize them, and run the load again"
        )


@dataclass(frozen=True)
class Contest:
    """Uploads of one file name with different bytes."""

    uploads: list[Operation]

    @property
    def has_one_winner(self) -> bool:
        """Whether one content was accepted. One that got no answer may have been it."""
        accepted = {each.content for each in self.uploads if each.outcome is Outcome.DONE}
        is_open = any(each.is_pending for each in self.uploads)
        return len(accepted) == 1 or (not accepted and is_open)

    def __str__(self) -> str:
        accepted = sum(each.outcome is Outcome.DONE for each in self.uploads)
        return f"{self.uploads[0].file}: {accepted} of {len(self.uploads)} accepted"


def contested(traffic: Traffic) -> list[Contest]:
    """Return the file names that several users uploaded with different bytes. Raises Untestable without any.

    So it does where the registry overwrites files without a load, too: that is the defect then.
    """
    groups: dict[str, list[Operation]] = {}
    for each in traffic.uploads:
        groups.setdefault(each.file, []).append(each)
    found = [Contest(each) for each in groups.values() if len({upload.content for upload in each}) > 1]
    if not found:
        raise Untestable("no two users met with one file name; give more --users")
    if traffic.replaces:
        raise Untestable(
            "the registry overwrites files without a load, too: see upload.dup.different of `registry-conformance run`"
        )
    return found


def was_overwritten(traffic: Traffic, sighting: Sighting) -> bool:
    """Return whether a file with another hash than its page states may have been overwritten in between."""
    if not traffic.replaces or sighting.file not in traffic.contested:
        return False
    return not sighting.content or sighting.content in traffic.contents_of(sighting.file)


def unsent(traffic: Traffic) -> list[tuple[str, str]]:
    """Return what pages listed that was not uploaded until then, each with a line that says where."""
    sent: dict[tuple[str, str], list[Operation]] = {}
    for each in traffic.uploads:
        sent.setdefault((each.project, each.file), []).append(each)
    return [
        (file, timeline([page]))
        for page in traffic.operations
        for file, digest in (page.listed or {}).items()
        if not any(
            upload.called <= page.returned and digest in {"", upload.content}
            for upload in sent.get((page.project, file), ())
        )
    ]
