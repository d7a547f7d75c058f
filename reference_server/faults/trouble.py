"""What goes wrong on the way: none of it is in a specification, and every client meets it one day.

Switched on for some requests only (`first=2`, `probability=0.1`, `path=/files/`) it shows how a client
recovers; switched on for all, how it gives up. What closes connections needs a server that leaves the
connection to the application, as the one in this process does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Literal

from werkzeug import Response

from reference_server.alterations import HangUpError
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference_server.http.request import Request

PAGES = frozenset({"root_page", "project_page"})
FILES = frozenset({"file", "metadata_file"})


class Trouble(Fault):
    """A fault of the way."""

    family: ClassVar[Literal["content", "trouble"]] = "trouble"


class Latency(Trouble):
    """Waits before it answers."""

    def __init__(self, *, seconds: float = 2.0) -> None:
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del request
        time.sleep(self.seconds)
        return body


class Silence(Trouble):
    """Takes the request, says nothing for a long time, and then hangs up."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del request, body
        time.sleep(self.seconds)
        raise HangUpError


class SlowDrip(Trouble):
    """Sends every body in small pieces, with a pause before each."""

    def __init__(self, *, bytes_at_once: int = 256, seconds: float = 0.05) -> None:
        self.bytes_at_once = bytes_at_once
        self.seconds = seconds

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        del request
        for piece in body:
            for start in range(0, len(piece), self.bytes_at_once):
                time.sleep(self.seconds)
                yield piece[start : start + self.bytes_at_once]


class _HalfSent(Trouble):
    """A base: sends half of the body that the header promises, and hangs up."""

    routes: ClassVar[frozenset[str]] = frozenset()

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        if request.endpoint not in self.routes:
            yield from body
            return
        whole = b"".join(body)
        yield whole[: len(whole) // 2]
        raise HangUpError


class TruncatedDownloads(_HalfSent):
    """Ends every download in the middle of the file."""

    routes = FILES


class TruncatedPages(_HalfSent):
    """Ends every page in the middle."""

    routes = PAGES


class CorruptedDownloads(Trouble):
    """Flips one bit in the middle of every download."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if request.endpoint not in FILES:
            return body
        whole = bytearray(b"".join(body))
        if whole:
            whole[len(whole) // 2] ^= 1
        return [bytes(whole)]


class ConnectionsReset(Trouble):
    """Resets the connection instead of answering."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del body
        request.reset()
        raise HangUpError


class NoAnswer(Trouble):
    """Closes the connection instead of answering."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del request, body
        raise HangUpError


class AnswersToUploadsLost(Trouble):
    """Stores an upload, and closes the connection without a word."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if request.endpoint == "upload":
            raise HangUpError
        return body


class NotHTTP(Trouble):
    """Answers in something that is not HTTP."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del body
        request.write_raw(b"220 mail.example.com ESMTP\r\n")
        raise HangUpError


class _Status(Trouble):
    """A base: answers everything with one status."""

    status: ClassVar[int]
    text: ClassVar[str]

    def __init__(self, *, retry_after: int = 1) -> None:
        self.retry_after = retry_after

    def handle(self, request: Request) -> Response | None:
        del request
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else None
        return json_answer({"message": self.text}, status=self.status, headers=headers)


class TooManyRequests(_Status):
    """Answers 429, with Retry-After unless that is 0."""

    status, text = 429, "429 Too Many Requests"


class Unavailable(_Status):
    """Answers 503, with Retry-After unless that is 0; `first=2` makes it fine again."""

    status, text = 503, "503 Service Unavailable"


class InternalErrors(Trouble):
    """Answers 500."""

    def handle(self, request: Request) -> Response | None:
        del request
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class BadGateway(Trouble):
    """Answers 502 with a page of HTML, as a proxy does whose server is away."""

    def handle(self, request: Request) -> Response | None:
        del request
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Response(page, status=502, mimetype="text/html")


class UploadsStoredAndFailed(Trouble):
    """Stores an upload, and answers 500."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload":
            return response
        return json_answer({"message": "500 Internal Server Error"}, status=500)


class LoginPage(Trouble):
    """Answers 200 with a page of HTML that asks to sign in, as portals of networks do."""

    def handle(self, request: Request) -> Response | None:
        del request
        page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
        return Response(page, status=200, mimetype="text/html")


class EndlessRedirect(Trouble):
    """Sends every reader on to the same place, forever."""

    def handle(self, request: Request) -> Response | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        return Response(status=302, headers={"Location": request.path})


class FilesElsewhere(Trouble):
    """Sends every download on to another host, which by default is not there."""

    def __init__(self, *, to: str = "http://127.0.0.1:9") -> None:
        self.to = to

    def handle(self, request: Request) -> Response | None:
        if request.endpoint not in FILES:
            return None
        return Response(status=302, headers={"Location": self.to + request.path})


class BrokenGzip(Trouble):
    """Says that every page is compressed, and sends bytes that are not."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 200:
            response = Response(response.get_data(), status=200, headers=list(response.headers.items()))
            response.headers["Content-Encoding"] = "gzip"
        return response


class WrongContentType(Trouble):
    """Sends every page as `application/octet-stream`."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES:
            response.headers["Content-Type"] = "application/octet-stream"
        return response


class NoContentType(Trouble):
    """Sends every page without a Content-Type."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES:
            response.headers.pop("Content-Type", None)
        return response


class StaleIndex(Trouble):
    """Shows every page as it was when it was asked for first."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 200 and request.method == "GET":
            kept = self._kept.setdefault(
                (request.path, response.headers.get("Content-Type", "")), response.get_data()
            )
            for name in ("ETag", "Last-Modified"):
                response.headers.pop(name, None)
            response.set_data(kept)
        return response


class RangesPromised(Trouble):
    """Says that files can be had in parts, and sends whole files to those who ask for parts."""

    incident = "uv #1370, pip #8723: Artifactory"

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "file":
            request.environ.pop("HTTP_RANGE", None)
        return None


class ChallengeForgotten(Trouble):
    """Answers 401 without saying how to sign in."""

    def respond(self, request: Request, response: Response) -> Response:
        del request
        response.headers.pop("WWW-Authenticate", None)
        return response
