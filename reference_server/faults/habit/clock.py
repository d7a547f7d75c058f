"""A server whose clock is wrong."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from werkzeug.http import http_date, parse_date

from reference_server.faults.fault import Habit

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

ASKED = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE")
API = frozenset({"packages", "package", "package_files"})
_CREATED = re.compile(rb'("created_at": ?")([^"]+)')


class ClockWrong(Habit):
    """Has a clock that is some hours fast; negative hours are slow."""

    def __init__(self, *, hours: float = 24.0) -> None:
        self.hours = hours

    @property
    def _fast(self) -> timedelta:
        return timedelta(hours=self.hours)

    def handle(self, request: Request) -> Response | None:
        for name in ASKED:
            with suppress(OverflowError):  # an absurd year or time zone
                if date := parse_date(request.environ.get(name)):
                    request.environ[name] = http_date(date - self._fast)
        return None

    def project_page(self, page: ProjectPage) -> ProjectPage:
        def shifted(file: FileLink) -> FileLink:
            time = file.upload_time
            return file if time is None else replace(file, upload_time=self._shifted(time))

        return page.each(shifted)

    def respond(self, request: Request, response: Response) -> Response:
        response.headers["Date"] = http_date(datetime.now(UTC) + self._fast)
        modified = parse_date(response.headers.get("Last-Modified"))
        if modified is not None:
            response.headers["Last-Modified"] = http_date(modified + self._fast)
        if request.endpoint in API and response.status_code == 200:
            response.set_data(_CREATED.sub(self._created, response.get_data()))
        return response

    def _created(self, found: re.Match[bytes]) -> bytes:
        return found[1] + self._shifted(found[2].decode()).encode()

    def _shifted(self, time: str) -> str:
        """Return a time of the server's pages in the same format."""
        moment = datetime.fromisoformat(time) + self._fast
        precision = "microseconds" if len(time) > len("2000-01-01T00:00:00.000Z") else "milliseconds"
        return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
