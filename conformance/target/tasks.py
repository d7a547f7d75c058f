"""Uploads that a registry has accepted for processing (202), and the task that it names for them.

Sources: RFC 9110, 15.3.3 (202 Accepted: "the request might or might not eventually be acted upon"); Pulp's
documentation, "Tasks": an answer names its task, whose `state` ends as completed, failed, skipped or canceled.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from conformance.pages import resolved
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.wire import Answer

PULP_TASKS = "/pulp/api/v3/tasks/"
"""Where Pulp has its tasks by default; some of its answers name a task by its id alone."""

DONE = frozenset({"completed", "done", "finished", "succeeded", "success"})
FAILED = frozenset({"aborted", "canceled", "cancelled", "error", "errored", "failed", "failure", "skipped"})
"""The last states of a task, in lower case. In any other it goes on."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two looks at a task: each pause is twice the one before."""


class Task(NamedTuple):
    """What a task said last: its state in lower case, empty where it could not be read; and of a failure, why."""

    state: str = ""
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it has ended well."""
        return self.state in DONE

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without doing what it was for."""
        return self.state in FAILED

    @property
    def failure(self) -> str:
        """Why it failed; empty where it did not."""
        return f"the task {self.state}{self.error and ': '}{self.error}" if self.has_failed else ""

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return bool(self.state) and not (self.is_done or self.has_failed)


def followed(url: str, read: Callable[[str], Answer], *, limit: float, pause: float = SHORTEST_PAUSE) -> Task:
    """Read a task until it ends, for `limit` seconds at most; the first pause lasts `pause` seconds.

    `read` fetches a URL.
    """
    deadline = time.monotonic() + limit
    while (task := _task(read, url)).goes_on and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return task


def task_of(answer: Answer, read: Callable[[str], Answer], *, limit: float) -> Task:
    """Follow the task that an answer names, for `limit` seconds at most; where it names none, there is no state."""
    url = task_url(answer)
    return followed(url, read, limit=limit) if url else Task()


def task_url(answer: Answer) -> str:
    """Return the URL of the task that an answer names, on the answer's host; empty where it names none."""
    named = str(answer.json_object.get("task") or "") or answer.headers.get("Location", "")
    if not named:
        return ""
    if _is_uuid(named):
        named = f"{PULP_TASKS}{named}/"
    url = resolved(answer.url, named)
    return url if urlsplit(url)[:2] == urlsplit(answer.url)[:2] else ""


def _task(read: Callable[[str], Answer], url: str) -> Task:
    try:
        answer = read(url)
    except Unreachable:
        return Task()
    task = answer.json_object if answer.status == 200 else {}
    error = task.get("error") or ""
    text = error.get("description", "") if isinstance(error, dict) else error
    return Task(state=str(task.get("state") or task.get("status") or "").lower(), error=str(text)[:200])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
