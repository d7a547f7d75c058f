"""Faults in validators and cache lifetimes of pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import PAGES, gitlab_project_of
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.building.validators import EvaluatesConditions
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

JSON = "application/vnd.pypi.simple.v1+json"


class NoEtagInJson(ChangesHeaders):
    """Omits ETag from pages in JSON."""

    caught_by = ("http.pages.etag",)
    removes = ("ETag",)

    def applies_to(self, request: Request, response: Response) -> bool:
        return request.endpoint in PAGES and response.mimetype == JSON


class EtagsWithoutQuotes(Fault):
    """Sends the ETag of a page without its last quote."""

    caught_by = ("http.validators-wellformed",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and "ETag" in response.headers:
            response.headers["ETag"] = response.headers["ETag"].removesuffix('"')
        return response


class DatesWithoutGmt(Fault):
    """Sends the Last-Modified of a file with an offset in place of GMT, as in mails."""

    caught_by = ("http.validators-wellformed",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "file" and "Last-Modified" in response.headers:
            response.headers["Last-Modified"] = response.headers["Last-Modified"].replace("GMT", "+0000")
        return response


class ChangedInTheFuture(Fault):
    """Sends a Last-Modified of pages that is an hour ahead, as local time that is called GMT."""

    caught_by = ("http.last-modified.past",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 200:
            ahead = datetime.now(UTC) + timedelta(hours=1)
            response.headers["Last-Modified"] = format_datetime(ahead, usegmt=True)
        return response


class AnyEtagIgnored(Fault):
    """Ignores `If-None-Match: *`, which means any page or file that exists."""

    caught_by = ("http.pages.304.any",)

    def handle(self, request: Request) -> Response | None:
        if request.headers.get("If-None-Match") == "*":
            del request.environ["HTTP_IF_NONE_MATCH"]
        return None


class IfNoneMatchIgnored(Fault):
    """Ignores If-None-Match and sends every page and file in full."""

    caught_by = ("http.pages.304", "http.pages.304.any", "http.files.304")

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_IF_NONE_MATCH", None)
        return None


class FirstEtagOnly(Fault):
    """Reads only the first ETag in If-None-Match."""

    caught_by = ("http.pages.304", "http.files.304")

    def handle(self, request: Request) -> Response | None:
        if tags := request.headers.get("If-None-Match"):
            request.environ["HTTP_IF_NONE_MATCH"] = tags.partition(",")[0]
        return None


class NotModifiedWithoutVary(ChangesHeaders):
    """Omits Vary from every 304."""

    caught_by = ("http.pages.304", "negotiation.vary")
    statuses = (304,)
    removes = ("Vary",)


class EtagOfTheStart(Fault):
    """Sends the ETag that a page had when the server started."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and "ETag" in response.headers:
            started = f'"{response.mimetype}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', started, response.headers["ETag"])
        return response


class EtagOfTheFiles(Fault):
    """Derives the ETag from the number of files alone."""

    caught_by = ("http.pages.304", "http.pages.etag-changes")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            files = f'"{response.mimetype}-{response.get_data().count(b"/files/")}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', files, response.headers["ETag"])
        return response


_VERSION_OR_MARK = re.compile(
    rb'-(\d[^-/"<>]*?)(?:-[^"<>]*\.whl|\.tar\.gz)|(yanked[^,>}\]]*|status[^,>}\]]*|reason[^,>}\]]*)'
)
"""A version in a file name, or a mark of the file or of the project."""


class EtagOfTheVersions(EvaluatesConditions):
    """Derives the ETag of a page from the versions on it, whatever files they have."""

    caught_by = ("http.pages.etag-changes",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            said = sorted(set(_VERSION_OR_MARK.findall(response.get_data())))
            tag = f'"{response.mimetype}-{sha256(repr(said).encode()).hexdigest()}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', tag, response.headers["ETag"])
        return self.evaluated(request, response)


class EtagOfTheLength(EvaluatesConditions):
    """Derives the ETag of a page from its type and length."""

    caught_by = ("http.pages.etag-changes",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            length = f'"{response.mimetype}-{len(response.get_data()):x}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', length, response.headers["ETag"])
        return self.evaluated(request, response)


class EtagOfTheLengthAndMarks(EvaluatesConditions):
    """Derives the ETag of a page from its type, its length and the marks on it."""

    caught_by = ("http.pages.etag-changes",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            page = response.get_data()
            marks = b"".join(sorted(mark for _, mark in _VERSION_OR_MARK.findall(page))).hex()
            tag = f'"{response.mimetype}-{len(page):x}-{marks}'
            response.headers["ETag"] = re.sub(r'"[0-9a-f]+', tag, response.headers["ETag"])
        return self.evaluated(request, response)


class EtagOfTheState(Fault):
    """Sends one strong ETag for every type of a page."""

    caught_by = ("http.pages.304", "http.pages.etag-per-type")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and "ETag" in response.headers:
            response.headers["ETag"] = f'"{_serial(request)}"'
        return response


class LastModifiedOnly(ChangesHeaders):
    """Sends Last-Modified but ignores If-Modified-Since."""

    caught_by = ("http.pages.last-modified",)
    acts_on = PAGES
    sets = ("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")


class EverythingKeptForADay(ChangesHeaders):
    """Lets caches keep pages for a day."""

    caught_by = ("http.pages.cache-control",)
    sets = ("Cache-Control", "max-age=86400")


class PagesExpireTomorrow(ChangesHeaders):
    """Lets caches keep pages for a day, by Expires alone."""

    caught_by = ("http.pages.cache-control",)
    acts_on, statuses = PAGES, (200,)
    removes = ("Cache-Control",)

    def respond(self, request: Request, response: Response) -> Response:
        response = super().respond(request, response)
        if self.applies_to(request, response):
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            response.headers["Expires"] = format_datetime(tomorrow, usegmt=True)
        return response


class AbsenceKeptForADay(ChangesHeaders):
    """Lets caches keep the 404 of a project for a day."""

    caught_by = ("http.pages.cache-control",)
    acts_on, statuses = ("project_page",), (404,)
    sets = ("Cache-Control", "max-age=86400")


def _serial(request: Request) -> int:
    """Return the number of the project's last change."""
    name = request.registry.rules.normalize(request.arguments["name"])
    return request.registry.store.serial(gitlab_project_of(request).id, name)


class DatesInLocalTime(Fault):
    """Writes Date in the time of the server's zone, with its offset."""

    caught_by = ("http.date",)

    def respond(self, request: Request, response: Response) -> Response:
        zone = timezone(timedelta(hours=2))
        response.headers["Date"] = format_datetime(request.registry.now().astimezone(zone))
        return response
