"""Uploads that are accepted for processing (202): the task is followed, and its failure is a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conformance.corpus.ledger import Ledger
from conformance.target import target_from_table
from conformance.target.registry_client import RegistryClient
from conformance.target.settling import Settling
from conformance.target.tasks import task_of, task_url
from conformance.verdicts.options import TrafficLimits
from conformance.wire import Redactor, Session, Transcript, Unreachable
from reference_server.distributions import wheel

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from conformance.wire import Answer

TASK = "http://registry.example.com/pulp/api/v3/tasks/019dd7f2-0000-7000-8000-000000000001/"


def answered(value: object, *, status: int = 200, **headers: str) -> Answer:
    url = "http://registry.example.com/pypi/index/legacy/"
    return answer_of(json.dumps(value), status=status, method="POST", url=url, headers=headers)


def reading(*states: object) -> Callable[[str], Answer]:
    left = iter(states)
    return lambda _: answered(next(left))


@pytest.mark.parametrize(
    "upload",
    [
        answered({"task": TASK}, status=202),
        answered({"task": TASK.removeprefix("http://registry.example.com")}, status=202),
        answered({"session": "x", "task": "019dd7f2-0000-7000-8000-000000000001"}, status=202),
        answered({}, status=202, Location=TASK),
    ],
    ids=["a URL", "a path", "an id of Pulp's", "Location"],
)
def test_a_task_is_found(upload: Answer) -> None:
    assert task_url(upload) == TASK


@pytest.mark.parametrize(
    "upload",
    [
        answered({"task": "http://elsewhere.example.com/tasks/1/"}, status=202),
        answered([], status=202),
        answered({}, status=202),
        answered({"task": "http://["}, status=202),
    ],
    ids=["on another host", "no object", "no task", "no URL"],
)
def test_no_task_is_asked_for_elsewhere(upload: Answer) -> None:
    assert task_url(upload) == ""


def test_a_failed_task_says_why() -> None:
    failed = {"state": "failed", "error": {"description": "no METADATA", "traceback": "…"}}
    read = reading({"state": "waiting"}, {"state": "running"}, failed)
    upload = answered({"task": TASK}, status=202)
    assert task_of(upload, read, limit=60).failure == "the task failed: no METADATA"


@pytest.mark.parametrize("last", [{"state": "completed"}, {"status": "SUCCEEDED"}, {}, [], "x"])
def test_a_task_that_ends_well_or_cannot_be_read_is_no_failure(last: object) -> None:
    upload = answered({"task": TASK}, status=202)
    assert task_of(upload, reading({"state": "running"}, last), limit=60).failure == ""


def test_a_task_that_goes_on_is_left_to_the_pages() -> None:
    upload = answered({"task": TASK}, status=202)
    assert task_of(upload, lambda _: answered({"state": "running"}), limit=0.05).failure == ""


def test_a_task_on_a_silent_host_is_no_failure() -> None:
    def silent(_: str) -> Answer:
        raise Unreachable("no answer")

    assert task_of(answered({"task": TASK}, status=202), silent, limit=60).failure == ""


@pytest.mark.parametrize(("state", "accepted"), [("completed", True), ("failed", False)])
def test_a_task_that_is_done_has_accepted_a_file_that_is_listed_under_another_name(
    httpserver: HTTPServer, tmp_path: Path, state: str, *, accepted: bool
) -> None:
    task = {"task": "/pulp/api/v3/tasks/1/"}
    httpserver.expect_request("/pypi/team/legacy/", method="POST").respond_with_json(task, 202)
    httpserver.expect_request(task["task"]).respond_with_json({"state": state, "error": None})
    target = target_from_table(
        {"url": httpserver.url_for("/pypi/team"), "profile": "pep503-upload", "layout": "pulp"}
    )
    transcript = Transcript()
    session = Session(transcript=transcript, redact=Redactor(target.secrets), limits=TrafficLimits())
    client = RegistryClient(
        target,
        session=session,
        transcript=transcript,
        ledger=Ledger(tmp_path / "ledger.jsonl"),
        settling=Settling(0.05),
    )
    answer = client.upload(wheel("spelled", "1.0"))
    session.close()
    assert answer.is_success is accepted
    assert not any(request.path.startswith("/pypi/team/simple/") for request, _ in httpserver.log)
