"""Faults in the compression of pages."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.responses import ChangesHeaders
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.http.request import Request


class VaryWithoutEncoding(ChangesHeaders):
    """Compresses pages without `Vary: Accept-Encoding`."""

    caught_by = ("http.pages.gzip",)
    sets = ("Vary", "Accept")

    def applies_to(self, request: Request, response: Response) -> bool:
        return "Accept-Encoding" in response.headers.get("Vary", "")


class AnotherPageWhenCompressed(Fault):
    """Sends a different page to clients that accept gzip."""

    incident = "warehouse #4698"
    caught_by = ("http.pages.gzip",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "project_page" and response.status_code == 200 and takes_gzip:
            response.set_data(response.get_data() + b"\n")
        return response


class DeflateNamedGzip(Fault):
    """Sends pages in deflate to clients that accept it alone, and names gzip as their coding, as proxpi once did."""

    caught_by = ("http.pages.gzip",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_deflate_alone = request.headers.get("Accept-Encoding", "").strip() == "deflate"
        if request.endpoint in PAGES and response.status_code == 200 and takes_deflate_alone:
            response.set_data(zlib.compress(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        return response


class UnknownCodingsCrash(Fault):
    """Answers 500 if the client accepts no known content coding."""

    caught_by = ("http.pages.identity-q0",)

    def handle(self, request: Request) -> Response | None:
        codings = request.headers.get("Accept-Encoding", "identity")
        known = re.search(r"(gzip|identity|\*)(?!;q=0)", codings)
        return None if known else Response(status=500)


class ShortListWithoutCompression(Fault):
    """Leaves the first project out of the list for clients that do not accept gzip."""

    caught_by = ("http.root.gzip",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint == "root_page" and response.mimetype == "text/html" and not takes_gzip:
            response.set_data(re.sub(rb"<a [^>]*>[^<]*</a>", b"", response.get_data(), count=1))
        return response


class FirstListBroken(Fault):
    """Breaks the list of projects that is asked for first after a change, as one that is sent while it is made."""

    coding: ClassVar[str]

    def __init__(self) -> None:
        self._sent: object = None
        """The state of the store whose list was sent."""

    def respond(self, request: Request, response: Response) -> Response:
        """Break the list if it is the first of this state in this coding."""
        is_list = request.endpoint == "root_page" and response.status_code == 200
        if not is_list or request.headers.get("Accept-Encoding", "") != self.coding:
            return response
        edition = request.registry.store.edition
        if edition is not self._sent:
            self.break_off(response)
        self._sent = edition
        return response

    def break_off(self, response: Response) -> None:
        """Break the list."""
        raise NotImplementedError


class FirstCompressedListCutShort(FirstListBroken):
    """Ends the first compressed list of projects after an upload before its data do."""

    caught_by = ("http.root.first-after-upload",)
    coding = "gzip"

    def break_off(self, response: Response) -> None:
        response.set_data(gzip.compress(response.get_data())[:-16])
        response.headers["Content-Encoding"] = "gzip"


class FirstListCutShort(FirstListBroken):
    """Leaves out the end of the first list of projects after an upload, for a client without compression."""

    caught_by = ("http.root.first-after-upload",)
    coding = "identity"

    def break_off(self, response: Response) -> None:
        content = response.get_data()
        response.set_data(content[: len(content) // 3])


class AlwaysCompressed(Fault):
    """Compresses every page, also for clients that accept no coding, as a file that is kept compressed."""

    caught_by = ("http.pages.identity",)

    def respond(self, request: Request, response: Response) -> Response:
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.endpoint in PAGES and response.status_code == 200 and not takes_gzip:
            response.set_data(gzip.compress(response.get_data(), mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


class UncompressedRefused(Fault):
    """Refuses pages to clients that take them as they are, and accept no coding beside that."""

    caught_by = ("http.pages.identity",)

    def handle(self, request: Request) -> Response | None:
        takes_identity_alone = request.headers.get("Accept-Encoding", "").strip() == "identity"
        return Response(status=406) if request.endpoint in PAGES and takes_identity_alone else None


class CompressedDespiteWeightZero(Fault):
    """Compresses pages wherever Accept-Encoding has the word gzip, also with the weight 0."""

    caught_by = ("http.pages.gzip-q0",)

    def respond(self, request: Request, response: Response) -> Response:
        declined = re.search(r"gzip;\s*q=0(?:\.0*)?(?:,|$)", request.headers.get("Accept-Encoding", ""))
        if request.endpoint in PAGES and response.status_code == 200 and declined:
            response.set_data(gzip.compress(response.get_data(), mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response
