"""Wrong bodies and wrong header fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.requests import FILES, PAGES
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.http.request import Request


class CorruptedDownloads(Trouble):
    """Flips one bit in the middle of every download."""

    acts_on = FILES

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if request.endpoint not in self.acts_on:
            return body
        whole = bytearray(b"".join(body))
        if whole:
            whole[len(whole) // 2] ^= 1
        return [bytes(whole)]


class FilesElsewhere(Trouble):
    """Redirects every download to another host, by default an unreachable one."""

    acts_on = FILES

    def __init__(self, *, to: str = "http://127.0.0.1:9") -> None:
        self.to = to

    def handle(self, request: Request) -> Response | None:
        if request.endpoint not in self.acts_on:
            return None
        return Response(status=302, headers={"Location": self.to + request.path})


class BrokenGzip(Trouble):
    """Labels pages as compressed but sends them uncompressed."""

    acts_on = PAGES

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in self.acts_on and response.status_code == 200:
            response = Response(response.get_data(), status=200, headers=list(response.headers.items()))
            response.headers["Content-Encoding"] = "gzip"
        return response


class WrongContentType(ChangesHeaders, Trouble):
    """Serves every page as `application/octet-stream`."""

    acts_on = PAGES
    sets = ("Content-Type", "application/octet-stream")


class NoContentType(ChangesHeaders, Trouble):
    """Serves every page without Content-Type."""

    acts_on = PAGES
    removes = ("Content-Type",)


class StaleIndex(Trouble):
    """Serves every page as it was at the first request."""

    acts_on = PAGES

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in self.acts_on and response.status_code == 200 and request.method == "GET":
            kept = self._kept.setdefault(
                (request.path, response.headers.get("Content-Type", "")), response.get_data()
            )
            for name in ("ETag", "Last-Modified"):
                response.headers.pop(name, None)
            response.set_data(kept)
        return response


class RangesPromised(Trouble):
    """Advertises ranges but sends whole files."""

    acts_on = ("file",)
    incident = "uv #1370, pip #8723: Artifactory"

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in self.acts_on:
            request.environ.pop("HTTP_RANGE", None)
        return None
