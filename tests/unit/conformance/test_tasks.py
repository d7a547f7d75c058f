"""Uploads that are accepted for processing (202): the task is followed, and its failure is a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conformance.target.tasks import failure_of_task, task_url
from conformance.wire import Unreachable

from .answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert failure_of_task(upload, read, limit=60) == "the task failed: no METADATA"


@pytest.mark.parametrize("last", [{"state": "completed"}, {"status": "SUCCEEDED"}, {}, [], "x"])
def test_a_task_that_ends_well_or_cannot_be_read_is_no_failure(last: object) -> None:
    upload = answered({"task": TASK}, status=202)
    assert failure_of_task(upload, reading({"state": "running"}, last), limit=60) == ""


def test_a_task_that_goes_on_is_left_to_the_pages() -> None:
    upload = answered({"task": TASK}, status=202)
    assert failure_of_task(upload, lambda _: answered({"state": "running"}), limit=0.05) == ""


def test_a_task_on_a_silent_host_is_no_failure() -> None:
    def silent(_: str) -> Answer:
        raise Unreachable("no answer")

    assert failure_of_task(answered({"task": TASK}, status=202), silent, limit=60) == ""
