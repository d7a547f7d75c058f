"""Connections that end too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.alterations import HangUpError
from reference_server.faults.building.requests import FILES, PAGES
from reference_server.faults.fault import Trouble
from reference_server.http.request import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug import Response

    from reference_server.http.request import Request


class _SendsHalf(Trouble):
    """Base: sends a part of the announced body and closes the connection: `at` bytes, or half of it for 0."""

    def __init__(self, *, at: int = 0) -> None:
        self.at = at

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterator[bytes]:
        if request.endpoint not in self.acts_on:
            yield from body
            return
        whole = b"".join(body)
        yield whole[: self.at or len(whole) // 2]
        raise HangUpError


class TruncatedDownloads(_SendsHalf):
    """Ends every download in the middle of the file."""

    acts_on = FILES


class TruncatedPages(_SendsHalf):
    """Ends every page in the middle."""

    acts_on = PAGES


class ConnectionsReset(Trouble):
    """Resets the connection instead of answering."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        request.reset()
        raise HangUpError


class NoAnswer(Trouble):
    """Closes the connection instead of answering."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        raise HangUpError


class TruncatedUploads(Trouble):
    """Closes the connection in the middle of an upload: after `at` bytes, or after half of it for 0."""

    acts_on = ("upload",)

    def __init__(self, *, at: int = 0) -> None:
        self.at = at

    def handle(self, request: Request) -> Response | None:
        if request.endpoint not in self.acts_on:
            return None
        left = self.at or (request.content_length or 0) // 2
        while left > 0 and (data := request.body.read(min(CHUNK, left))):
            left -= len(data)
        raise HangUpError


class AnswersToUploadsLost(Trouble):
    """Stores an upload and closes the connection without an answer."""

    acts_on = ("upload",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if request.endpoint in self.acts_on:
            raise HangUpError
        return body


class NotHTTP(Trouble):
    """Answers with something that is not HTTP."""

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        request.write_raw(b"220 mail.example.com ESMTP\r\n")
        raise HangUpError
