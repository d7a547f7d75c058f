"""Faults in validators and cache lifetimes of pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.response_headers import ChangesHeaders
from reference_server.faults.building.routes import PAGES
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

JSON = "application/vnd.pypi.simple.v1+json"


class NoETagInJSON(ChangesHeaders):
    """Sends JSON pages without an ETag."""

    caught_by = ("http.pages.etag",)
    removes = ("ETag",)

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint in PAGES and response.mimetype == JSON


class IfNoneMatchIgnored(Fault):
    """Sends every page whole, whatever ETag the client has."""

    caught_by = ("http.pages.304",)

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


class FirstETagOnly(Fault):
    """Reads the first ETag of a list, and not the rest."""

    caught_by = ("http.pages.304",)

    def handle(self, request: Request) -> Response | None:
        if tags := request.headers.get("If-None-Match"):
            request.environ["HTTP_IF_NONE_MATCH"] = tags.partition(",")[0]
        return None


class NotModifiedWithoutVary(ChangesHeaders):
    """Leaves Vary out of 304."""

    caught_by = ("http.pages.304", "negotiation.vary")
    statuses = (304,)
    removes = ("Vary",)


class ETagOfTheStart(Fault):
    """Sends the ETag that pages had when the server was started."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and "ETag" in response.headers:
            started = f'"{response.mimetype}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', started, response.headers["ETag"])
        return response


class ETagOfTheFiles(Fault):
    """Sends an ETag that tells how many files there are, whatever else has changed."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            files = f'"{response.mimetype}-{response.get_data().count(b"/files/")}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', files, response.headers["ETag"])
        return response


class ETagOfTheState(Fault):
    """Sends one strong ETag for every form of a page: the number of its last change."""

    caught_by = ("http.pages.304", "http.pages.etag-per-type")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            response.headers["ETag"] = f'"{_serial(request)}"'
        return response


class LastModifiedOnly(ChangesHeaders):
    """Sends Last-Modified, and does not know If-Modified-Since."""

    caught_by = ("http.pages.last-modified",)
    routes = PAGES
    sets = ("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")


class EverythingKeptForADay(ChangesHeaders):
    """Lets caches keep pages for a day."""

    caught_by = ("http.pages.cache-control",)
    sets = ("Cache-Control", "max-age=86400")


class NoCacheControl(ChangesHeaders):
    """Does not say how long pages may be kept, so that caches guess."""

    caught_by = ("http.pages.cache-control",)
    routes = PAGES
    removes = ("Cache-Control",)


def _serial(request: Request) -> int:
    """Give the number of the last change of a project."""
    name = request.registry.rules.normalize(request.arguments["name"])
    return request.registry.store.serial(gitlab_project_of(request).id, name)
