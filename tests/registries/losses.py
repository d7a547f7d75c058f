"""Servers that have lost a whole feature, or a part of one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.faults.building.requests import FILES, PAGES, body_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage, RootPage

HTML, JSON, LATEST = "text/html", "application/vnd.pypi.simple.v1+json", "vnd.pypi.simple.latest"


class Loss(NamedTuple):
    """What a server does that has lost a feature: with requests, with answers, with files of pages, with pages."""

    asked: Callable[[Request], Response | None] = lambda _: None
    answered: Callable[[Request, Response], None] = lambda *_: None
    file: Callable[[FileLink], FileLink] = lambda file: file
    page: Callable[[Any], Any] = lambda page: page


class Lost(Fault):
    """Has lost a whole feature, or what it is for some requests."""

    def __init__(self, feature: str, *, of: Callable[[Request], bool] = lambda _: True) -> None:
        self._loss = LOSSES[feature]
        self._of = of

    def handle(self, request: Request) -> Response | None:
        return self._loss.asked(request) if self._of(request) else None

    def respond(self, request: Request, response: Response) -> Response:
        if self._of(request):
            self._loss.answered(request, response)
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        lost: ProjectPage = self._loss.page(page.each(self._loss.file))
        return lost

    def root_page(self, page: RootPage) -> RootPage:
        lost: RootPage = self._loss.page(page)
        return lost


class Failing(Fault):
    """Answers requests for endpoints with a server error."""

    def __init__(
        self,
        endpoint: str,
        *,
        status: int = 500,
        headers: Mapping[str, str] | None = None,
        of: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        self._endpoint, self._status, self._headers = re.compile(endpoint), status, headers
        self._of = of
        self.answered = 0
        """How many requests it has answered."""

    def handle(self, request: Request) -> Response | None:
        if not (self._endpoint.match(request.endpoint) and self._of(request)):
            return None
        self.answered += 1
        return Response("down", status=self._status, headers=dict(self._headers or {}))


def _is_page(request: Request) -> bool:
    return request.endpoint in PAGES


def _without(*names: str) -> Callable[[Request, Response], None]:
    def remove(request: Request, response: Response) -> None:
        for name in names if request.endpoint in PAGES | FILES else ():
            response.headers.pop(name, None)

    return remove


def _accepting(accept: str) -> Callable[[Request], None]:
    def ask(request: Request) -> None:
        if _is_page(request):
            request.environ["HTTP_ACCEPT"] = accept
            request.environ["QUERY_STRING"] = ""

    return ask


def _uncompressed(request: Request) -> None:
    request.environ.pop("HTTP_ACCEPT_ENCODING", None)


def _whole(request: Request) -> None:
    request.environ.pop("HTTP_RANGE", None)


def _absent(wanted: Callable[[Request], object]) -> Callable[[Request], Response | None]:
    return lambda request: Response("Not Found", status=404) if wanted(request) else None


def _refuses_local(request: Request) -> Response | None:
    return Response("no", status=400) if request.method == "POST" and b"+local" in body_of(request) else None


def _served_under_any_spelling(_: Request, response: Response) -> None:
    if (
        response.status_code in {301, 308}
        and re.search(r"[A-Z]", response.headers.get("Location", "")) is None
    ):
        response.status_code = 404


LOSSES = {
    "api-version": Loss(page=lambda page: replace(page, repository_version=None)),
    "cache": Loss(answered=_without("Cache-Control")),
    "conditional": Loss(answered=_without("ETag", "Last-Modified")),
    "cors": Loss(answered=_without("Access-Control-Allow-Origin")),
    "format-param": Loss(asked=_absent(lambda request: "format=" in request.query_string.decode())),
    "gzip": Loss(asked=_uncompressed),
    "hashes": Loss(file=lambda file: replace(file, hashes={})),
    "html": Loss(asked=_accepting(JSON)),
    "json": Loss(asked=_accepting(HTML)),
    "json-api": Loss(asked=_absent(lambda request: request.path.endswith("/json"))),
    "latest-alias": Loss(asked=_absent(lambda request: LATEST in request.headers.get("Accept", ""))),
    "local-versions": Loss(asked=_refuses_local),
    "metadata": Loss(file=lambda file: replace(file, core_metadata=None)),
    "project-list": Loss(asked=_absent(lambda request: request.endpoint == "root_page")),
    "range": Loss(asked=_whole, answered=_without("Accept-Ranges")),
    "redirect-normalized": Loss(answered=_served_under_any_spelling),
    "requires-python": Loss(file=lambda file: replace(file, requires_python=None)),
    "upload-time": Loss(file=lambda file: replace(file, upload_time=None)),
    "rest": Loss(
        asked=_absent(lambda request: re.search(r"/projects/[^/]+(/packages(/\d.*)?)?$", request.path))
    ),
    "group": Loss(asked=_absent(lambda request: request.endpoint.startswith("group_"))),
}
"""By feature: what is lost with it."""
