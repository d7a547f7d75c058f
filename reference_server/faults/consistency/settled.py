"""Faults of pages that do not settle, or not whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectLink, ProjectPage, RootPage


class LateReplica(Fault):
    """Leads every fifth connection to a replica, whose pages are as before their latest change.

    A request that closes its connection stands for a connection.
    """

    caught_by = ("consistency.new-files-stay-listed",)
    acts_on = ("project_page",)
    method, every = "GET", 5

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: Counter[tuple[str, ...]] = Counter()
        self._states: dict[tuple[str, ...], list[Response]] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if (request.endpoint, request.method, response.status_code) != ("project_page", self.method, 200):
            return response
        sent = request.headers
        if sent.get("Connection") != "close":
            return response
        key = (request.path, *(sent.get(name, "") for name in ("Accept", "Authorization", "Accept-Encoding")))
        with self._lock:
            states = self._states.setdefault(key, [])
            if not states or states[-1].headers.get("ETag") != response.headers.get("ETag"):
                states.append(Response(response.get_data(), status=200, headers=response.headers.copy()))
            self._asked[key] += 1
            is_late = self._asked[key] % self.every == 0 and len(states) > 1
            earlier = states[-2] if is_late else None
        if earlier is None:
            return response
        return Response(earlier.get_data(), status=200, headers=earlier.headers.copy())


class LateHead(LateReplica):
    """Answers HEAD on a page as before its latest change."""

    caught_by = ("consistency.new-files-stay-listed",)
    method, every = "HEAD", 1


class PageEndsAtFiftyFiles(Fault):
    """Lists the first fifty files of a project only."""

    caught_by = ("consistency.long-page",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=page.files[:50])


class TenVersions(Fault):
    """Lists the last ten versions of a project only in JSON."""

    caught_by = ("consistency.long-page",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, versions=page.versions and page.versions[-10:])


class DeletedProjectsListed(Fault):
    """Leaves projects on the list of projects after their last file was deleted."""

    caught_by = ("consistency.listed-has-page",)

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, ProjectLink]] = {}

    def root_page(self, page: RootPage) -> RootPage:
        listed = {project.name: project for project in page.projects}
        seen = self._seen.setdefault(page.owner, {})
        seen |= listed
        return page.plus(*(project for name, project in seen.items() if name not in listed))
