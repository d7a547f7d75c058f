"""Validators and caches of registries, and of what stands before them."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING

from reference_server.app.handlers.sending import PageAnswer
from reference_server.faults.building.requests import PAGES, READING, gitlab_project_of
from reference_server.faults.building.validators import EvaluatesConditions
from reference_server.faults.fault import Habit
from reference_server.model.errors import RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.page_cache import RenderedPage

KEPT_PAGES = 4096
SELECTING = ("Host", "Accept", "Accept-Encoding", "Authorization", "Private-Token", "Deploy-Token")
"""The header fields that choose one of several responses of a URL."""


class SharedValidator(EvaluatesConditions, Habit):
    """Sends one ETag for all pages of a repository, which changes with every upload."""

    def handle(self, request: Request) -> Response | None:
        super().handle(request)
        try:
            serial = request.registry.store.serial(gitlab_project_of(request).id)
        except RegistryError:
            return None
        request.notes[self, "serial"] = serial  # before the page is read: never newer than it
        return None

    def respond(self, request: Request, response: Response) -> Response:
        serial = request.notes.get((self, "serial"))
        if serial is not None and response.status_code == 200:
            kind = (response.mimetype or "").rpartition("+")[2].rpartition("/")[2]
            coding = "-gzip" if isinstance(response, PageAnswer) and response.rendered else ""
            response.headers["ETag"] = f'"{serial}-{kind}{coding}"'
        return self.evaluated(request, response)


@dataclass(frozen=True)
class KeptPage:
    """A response as it was at a moment."""

    since: float
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    rendered: RenderedPage | None

    def response(self) -> PageAnswer:
        """Return the response again, with its age."""
        response = PageAnswer(self.body, status=self.status, headers=list(self.headers))
        response.headers["Age"] = str(int(time.monotonic() - self.since))
        response.rendered = self.rendered
        return response


class PagesCached(EvaluatesConditions, Habit):
    """Serves a page, or its absence, as it was up to some seconds ago, as a cache before a registry does.

    Responses say how long they are fresh, and files are for a year.
    """

    acts_on = READING

    def __init__(self, *, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._kept: OrderedDict[tuple[str, ...], KeptPage] = OrderedDict()
        self._lock = Lock()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint not in PAGES:
            return None
        super().handle(request)
        kept = self._kept.get(_selected(request))
        fresh = kept is not None and time.monotonic() - kept.since < self.seconds
        return kept.response() if kept is not None and fresh else None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint not in PAGES:
            if response.status_code in {200, 206, 304}:
                response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
            return response
        if response.status_code in {200, 404}:
            response.headers["Cache-Control"] = f"private, max-age={ceil(self.seconds)}"
            if "Age" not in response.headers and request.method == "GET":
                self._keep(_selected(request), response)
        return self.evaluated(request, response)

    def _keep(self, selected: tuple[str, ...], response: Response) -> None:
        page = KeptPage(
            since=time.monotonic(),
            status=response.status_code,
            headers=tuple(each for each in response.headers if each[0] != "Content-Length"),
            body=response.get_data(),
            rendered=response.rendered if isinstance(response, PageAnswer) else None,
        )
        with self._lock:
            self._kept[selected] = page
            if len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)


def _selected(request: Request) -> tuple[str, ...]:
    """Return what chooses a response: the URL and some header fields."""
    url = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path
    return (str(url), *(request.headers.get(name, "") for name in SELECTING))
