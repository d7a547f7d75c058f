"""Uploads that are shown some time after their answer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from reference_server.faults.building.new_files import HidesNewFiles, WithholdsNewFiles
from reference_server.faults.fault import Habit
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import NotAuthenticatedError, NotFoundError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model import Upload
    from reference_server.rules import Rules

TASKS = "/pulp/api/v3/tasks/"
"""Where Pulp has its tasks. Source: Pulp's REST API, "Tasks"."""

KEPT_TASKS = 4096


class ListedLate(HidesNewFiles, Habit):
    """Lists an upload only some time after it was accepted; downloads work at once."""


class ServedLate(WithholdsNewFiles, Habit):
    """Lists and serves an upload only some time after it was accepted."""


@dataclass(frozen=True)
class Task:
    """The processing of one upload: when it ends, and why it fails, if it does."""

    ends: datetime
    error: str | None

    def described(self, path: str, now: datetime) -> dict[str, object]:
        """Return the task in Pulp's form."""
        if now < self.ends:
            return {"pulp_href": path, "state": "running", "error": None}
        if self.error is None:
            return {"pulp_href": path, "state": "completed", "error": None}
        return {"pulp_href": path, "state": "failed", "error": {"description": self.error}}


class ProcessedLate(WithholdsNewFiles, Habit):
    """Answers 202 to every upload whose form is complete, and checks and lists it some time later, as Pulp does.

    With `task=body` the answer names the URL of a task, in JSON; with `task=location` it does in Location; with
    `task=none` it does not. An upload that is invalid fails as a task, and its file never appears.
    """

    def __init__(self, *, seconds: float = 0.5, task: str = "body") -> None:
        super().__init__(seconds=seconds)
        self.task = task
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._lock = Lock()
        self._queued = object()

    def rules(self, rules: Rules) -> Rules:
        def understood(upload: Upload) -> Upload:
            if request := self.answered_here:
                request.notes[self._queued] = True
            return rules.understood(upload)

        return replace(super().rules(rules), understood=understood)

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        return self._described(request) if request.path.startswith(TASKS) else None

    def respond(self, request: Request, response: Response) -> Response:
        if self._queued not in request.notes or response.status_code >= 500:
            return response
        path = f"{TASKS}{uuid4()}/"
        ends = request.registry.now() + timedelta(seconds=self.seconds)
        refused = response.get_data(as_text=True) if response.status_code >= 400 else None
        with self._lock:
            self._tasks[path] = Task(ends, refused)
            if len(self._tasks) > KEPT_TASKS:
                self._tasks.popitem(last=False)
        headers = {"Location": path} if self.task == "location" else None
        return json_answer({"task": path} if self.task == "body" else {}, status=202, headers=headers)

    def _described(self, request: Request) -> Response:
        try:
            if request.registry.identify(request.credentials).is_anonymous:
                raise NotAuthenticatedError
            task = self._tasks.get(request.path)
            if task is None:
                raise NotFoundError
        except RegistryError as error:
            return refusal(error)
        return json_answer(task.described(request.path, request.registry.now()))
