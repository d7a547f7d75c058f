"""What one user of a load records, and where it sends nothing."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from conformance.checks.load.test_load import test_one_order as one_order
from conformance.checks.load.test_load import test_writers_not_starved as writers_not_starved
from conformance.corpus.ledger import Ledger
from conformance.histories.linearizability import Judgement
from conformance.histories.operation import Kind, Operation, Outcome
from conformance.kit import load
from conformance.load.names import Names
from conformance.load.record import Batch, Recorder, Sample, Sighting
from conformance.load.traffic import Traffic
from conformance.load.visitor import Visitor
from conformance.pages import JSON_V1, TEXT_HTML, FileLink
from conformance.target import target_from_table
from conformance.verdicts import Deviation, Untestable
from conformance.wire import Answer
from conformance.wire.budget import Throttled
from conformance.wire.exchange import Exchange
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = wheel("demo", "1.0")
ACCEPTED = Operation(kind=Kind.UPLOAD, project="p", called=0, returned=1, file="a", content="1")


class Sending:
    """A session that answers every request with one status, or is throttled with 429; it counts requests."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.requests = 0
        self.budget = self

    def owe(self) -> None: ...

    def settle(self) -> None: ...

    def send(self, method: str, url: str, **_: Any) -> Answer:
        self.requests += 1
        if self.status == 429:
            raise Throttled("too many")
        return Answer(
            method=method,
            url=url,
            credential="default",
            status=self.status,
            reason="",
            headers={"Content-Range": "bytes 3-4/5"},
            content=b"45",
            exchange=Exchange(request=method, credential="default", status=self.status, seconds=0.25),
        )


def visitor(
    session: Sending, folder: Path, *, forms: tuple[str, ...] = (TEXT_HTML, JSON_V1)
) -> tuple[Visitor, Recorder]:
    recorder = Recorder("one", "here")
    url = "http://127.0.0.1:9/api/v4/projects/1/packages/pypi"
    return Visitor(
        "twine 1",
        target=target_from_table(
            {"url": url, "credentials": {"default": {"username": "u", "password": "p"}}}
        ),
        session=cast("Any", session),
        ledger=Ledger(folder / "ledger.jsonl"),
        names=Names("run", 1),
        recorder=recorder,
        random=Random(1),  # noqa: S311 - nothing secret
        forms=forms,
    ), recorder


def uploaded(status: int, folder: Path, *, alone: bool = True) -> Batch:
    user, recorder = visitor(Sending(status), folder)
    user.upload(WHEEL, alone=alone)
    return recorder.batch()


@pytest.mark.parametrize(
    ("status", "kinds"), [(404, ["new-file-refused"]), (400, ["new-file-refused"]), (408, [])]
)
def test_a_new_file_that_is_refused_is_noticed_and_may_be_there(
    status: int, kinds: list[str], tmp_path: Path
) -> None:
    seen = uploaded(status, tmp_path)
    assert [each.kind for each in seen.sightings] == kinds
    assert [each.outcome for each in seen.operations] == [Outcome.UNKNOWN]


def test_only_a_name_of_several_users_is_taken(tmp_path: Path) -> None:
    assert uploaded(400, tmp_path, alone=False).operations[0].outcome is Outcome.REFUSED
    assert uploaded(404, tmp_path, alone=False).operations[0].outcome is Outcome.UNKNOWN


def test_a_throttled_upload_ends_the_visit_and_owes_no_deletion(tmp_path: Path) -> None:
    user, recorder = visitor(Sending(429), tmp_path)
    with pytest.raises(Throttled):
        user.upload(WHEEL, alone=True)
    assert recorder.batch().operations == []
    ledger = Ledger(tmp_path / "ledger.jsonl")
    assert set(ledger.entries()) <= ledger.refused()


def test_files_of_another_machine_are_left_alone_and_a_part_has_a_place(tmp_path: Path) -> None:
    session = Sending(206)
    user, recorder = visitor(session, tmp_path)
    file = FileLink(filename="a", url="https://files.example.com/a", hashes={}, requires_python=None)
    user.download("p", file, {})
    user.head(file)
    user.metadata(file)
    assert (session.requests, {each.kind for each in recorder.batch().sightings}) == (0, {"left-out"})
    near = FileLink(filename="a", url="http://127.0.0.1:9/a", hashes={}, requires_python=None)
    assert user.part(near, 4096) == (3, b"45")
    assert recorder.batch().samples[0].seconds == 0.25


@pytest.mark.parametrize(
    ("forms", "accept", "operations"),
    [
        ((TEXT_HTML,), JSON_V1, 0),
        ((TEXT_HTML,), f"{JSON_V1}, text/html;q=0.1", 1),
        ((TEXT_HTML, JSON_V1), JSON_V1, 1),
        ((JSON_V1,), TEXT_HTML, 0),
    ],
)
def test_a_404_for_a_form_that_the_registry_lacks_is_no_empty_project(
    forms: tuple[str, ...], accept: str, operations: int, tmp_path: Path
) -> None:
    user, recorder = visitor(Sending(404), tmp_path, forms=forms)
    assert user.page("p", {"Accept": accept})[0] is None
    assert len(recorder.batch().operations) == operations


def traffic(samples: list[Sample]) -> Traffic:
    return Traffic(operations=[ACCEPTED], samples=samples, sightings=[])


def test_an_undecided_project_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    one_order(traffic([]), cast("Any", lambda _: None))
    monkeypatch.setattr(load, "judge", lambda _, **_options: Judgement.UNDECIDED)
    with pytest.raises(Untestable, match="took too long for 1 of 1"):
        one_order(traffic([]), cast("Any", lambda _: None))


def test_what_was_throttled_or_lost_is_no_slow_upload() -> None:
    fast, lost = Sample(0, "upload", 0.1, 200), [Sample(0, "upload", 60, 0), Sample(0, "upload", 60, 429)]
    writers_not_starved(traffic([fast] * 100 + lost * 10))
    with pytest.raises(Untestable, match="99 uploads"):
        writers_not_starved(traffic([fast] * 99 + lost * 10))


def test_only_bytes_that_were_uploaded_may_have_been_overwritten() -> None:
    second = replace(ACCEPTED, content="2" * 64)
    seen = {
        content: Sighting(kind="other-hash", found="", where="", file=ACCEPTED.file, content=content)
        for content in (ACCEPTED.content, "3" * 64, "")
    }
    overwriting = Traffic(
        operations=[ACCEPTED, second], samples=[], sightings=[*seen.values()], replaces=True
    )
    assert [load.was_overwritten(overwriting, each) for each in seen.values()] == [True, False, True]
    assert not any(load.was_overwritten(replace(overwriting, replaces=False), each) for each in seen.values())


def test_a_few_slow_uploads_are_more_than_a_hundredth_of_few() -> None:
    fast, slow = Sample(0, "upload", 0.1, 200), Sample(0, "upload", 9.0, 200)
    with pytest.raises(Untestable, match="24 uploads"):
        writers_not_starved(traffic([fast] * 20 + [slow] * 4))
    with pytest.raises(Deviation) as found:
        writers_not_starved(traffic([fast] * 20 + [slow] * 5))
    assert found.value.found.startswith("9.0 s")
