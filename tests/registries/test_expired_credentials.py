"""A credential that expires during a run ends the judging: no requirement is blamed for what is refused since."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.corpus import planned
from conformance.run.checks_run import run_checks
from conformance.run.credential_watch import rejection
from conformance.run.selection import Selection
from conformance.run.setup import prepare
from conformance.target import target_from_table
from conformance.verdicts import Deviation, Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.result import RunResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

ROWS = frozenset(
    {"simple.html.doctype", "upload.content-exact", "upload.content-filename", "file.wheel.build-tag"}
)
"""Rows that pass: the first one sends no uploads, each of the others several."""
PREPARING = len(planned("run"))
"""Uploads before the first check."""


class Rejects(Fault):
    """Rejects requests with the right credential from one upload on, for so many uploads."""

    def __init__(self, *, since: int, uploads: int, reads: bool) -> None:
        self._since, self._uploads, self._reads = since, uploads, reads
        self._seen = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Reject from now on."""
        self._seen = self._since + 1

    def handle(self, request: Request) -> Response | None:
        is_upload = request.method == "POST"
        with self._lock:
            self._seen += is_upload
            rejects = self._since < self._seen <= self._since + self._uploads and (is_upload or self._reads)
        return Response("", status=401) if rejects else None


def judged(fault: Fault) -> RunResult:
    with ReferenceServer(faults=[fault]) as server:
        target = target_from_table(server.target(), embedded=True)
        return run_checks(target, RunOptions(examples=1), Selection(only=ROWS))


@pytest.mark.parametrize("reads", [True, False], ids=["everywhere", "for-uploads"])
@pytest.mark.parametrize("later", [0, 1, 4])
def test_what_an_expired_credential_is_refused_is_no_deviation(later: int, *, reads: bool) -> None:
    result = judged(Rejects(since=PREPARING + later, uploads=1000, reads=reads))
    verdicts = {each.id: each.verdict for each in result.results}
    assert verdicts.keys() == ROWS
    assert set(verdicts.values()) <= {Verdict.PASSED, Verdict.ERROR}
    unjudged = [each for each in result.results if each.verdict is Verdict.ERROR]
    assert unjudged
    assert {each.stopped_by for each in unjudged} == {"credential"}
    assert any(
        "because of credential" in note and "may have expired" in note for note in result.summary.notes
    )


def test_what_was_judged_before_keeps_its_verdict() -> None:
    result = judged(Rejects(since=PREPARING + 4, uploads=1000, reads=True))
    verdicts = {each.id: each.verdict for each in result.results}
    assert verdicts["file.wheel.build-tag"] is Verdict.PASSED
    assert Verdict.ERROR in verdicts.values()


def test_a_rejected_upload_is_a_deviation_while_the_credential_is_accepted() -> None:
    result = judged(Rejects(since=PREPARING, uploads=1, reads=False))
    failed = [each for each in result.results if each.verdict is Verdict.FAILED]
    assert [each.found.partition(":")[0] for each in failed] == ["status 401"]
    assert not any("-absent" in each.request for each in failed[0].exchanges)


class RejectsTwoRequests(Fault):
    """Rejects the first upload of the checks and the request after it, whatever that asks for."""

    def __init__(self) -> None:
        self._uploads = self._rejected = 0

    def handle(self, request: Request) -> Response | None:
        self._uploads += request.method == "POST"
        if self._uploads <= PREPARING or self._rejected == 2:
            return None
        self._rejected += 1
        return Response("", status=401)


def test_a_credential_that_is_accepted_at_a_second_look_has_not_expired() -> None:
    verdicts = Counter(each.verdict for each in judged(RejectsTwoRequests()).results)
    assert verdicts == {Verdict.PASSED: len(ROWS) - 1, Verdict.FAILED: 1}


@pytest.mark.parametrize(
    ("where", "reads", "is_found"),
    [
        ("POST http://127.0.0.1/ as default → 401 UNAUTHORIZED [900]", False, True),
        ("GET http://127.0.0.1/ as default → 401 UNAUTHORIZED [900]", True, True),
        ("GET http://127.0.0.1/ as default → 401 UNAUTHORIZED [900]", False, False),
        ("GET http://127.0.0.1/ as default → 404 NOT FOUND [900]", True, False),
    ],
)
def test_what_another_client_was_answered_counts(
    where: str, tmp_path: Path, *, reads: bool, is_found: bool
) -> None:
    """The requests of a load are in no transcript of the checks."""
    fault = Rejects(since=PREPARING, uploads=1000, reads=reads)
    with ReferenceServer(faults=[fault]) as server:
        target = target_from_table(server.target(), embedded=True)
        run = prepare(target, RunOptions(ledger_folder=tmp_path))
        fault.begin()
        run.transcript.begin()
        deviation = Deviation(expected="every upload to be accepted", found="demo.whl", where=where)
        found = rejection(run, deviation, ())
        run.session.close()
    assert (found is not None) is is_found
    assert run.transcript.used == ()
