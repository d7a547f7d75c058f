"""What web servers, load balancers and caches in front of a registry do."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from werkzeug import Response

from conformance.run.setup import prepare
from conformance.run.tidy import tidy
from conformance.target import target_from_table
from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.alterations import HangUpError
from reference_server.faults import Fault
from reference_server.faults.building.partial_uploads import arrived, file_in, is_chunked, stored
from reference_server.faults.building.upload_forms import boundary_of

from .one_row import judged, result_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

TRUNCATED, PROVENANCE, ROUTE = "robustness.chunked-truncated", "provenance.fetch", "integrity.route"
HONEST, SINGLE = "http.range.honest", "http.range.single"
REGISTRY = re.compile("/api/v4/projects/[0-9]+/packages/pypi/")
OTHER_UNIT, DATE = "http.range.other-unit", "http.date"


class HangsUpOnItsClient(Fault):
    """Passes on an upload without its last chunk, and hangs up before the answer, as HAProxy does.

    The registry stores the file of a form that is complete, or half of it.
    """

    def __init__(self, *, halves: bool = False) -> None:
        self._halves = halves

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not is_chunked(request):
            return None
        body, whole = arrived(request)
        request.notes[self] = not whole
        if whole or boundary_of(request) + b"--" not in body:
            return None
        filename, content = file_in(body, boundary_of(request))
        return stored(request, filename, content[: len(content) // 2] if self._halves else content)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if request.notes.get(self):
            raise HangUpError
        return body


class AnswersWithout(HangsUpOnItsClient):
    """Answers 200 to a client that has left, as Caddy does, whatever became of the upload."""

    def respond(self, request: Request, response: Response) -> Response:
        return Response(status=200) if request.notes.get(self) else response

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        del request
        return body


class EverySecondPageFails(Fault):
    """Answers every second request for a page with 502, as a load balancer does with one server down."""

    def __init__(self) -> None:
        self._seen = 0

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "project_page":
            return None
        self._seen += 1
        return None if self._seen % 2 else Response("Bad Gateway", status=502)


class OtherUnitsNotUnderstood(Fault):
    """Answers 503 and Retry-After where it does not understand the registry, as Varnish does of ranges."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.headers.get("Range", "bytes=").startswith("bytes="):
            return response
        return Response("Backend fetch failed", status=503, headers={"Retry-After": "0"})


class PartsRefusedForAWhile(Fault):
    """Refuses some of the first requests for parts, as a balancer does with a server in maintenance."""

    def __init__(self, *, times: int, status: int) -> None:
        self._left, self._status = times, status

    def handle(self, request: Request) -> Response | None:
        if not request.headers.get("Range", "").startswith("bytes=") or not self._left:
            return None
        self._left -= 1
        headers = {"Retry-After": "0"} if self._status == 503 else {}
        return Response("Unavailable", status=self._status, headers=headers)


class EveryFirstRequestFails(Fault):
    """Answers 502 to the first request of each kind, as a balancer does that notices late which server is down.

    Those to the REST API of GitLab are left alone.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str | None, ...]] = set()

    def handle(self, request: Request) -> Response | None:
        fields = ("Accept", "Accept-Encoding", "Range", "Authorization")
        kind = (request.url, *map(request.headers.get, fields))
        if request.method != "GET" or not REGISTRY.match(request.path) or kind in self._seen:
            return None
        self._seen.add(kind)
        return Response("Bad Gateway", status=502)


class ProvenanceInside(Fault):
    """Links provenance objects at the address by which a proxy reaches the registry."""

    def __init__(self, inside: ReferenceServer) -> None:
        self._inside = inside

    def project_page(self, page: ProjectPage) -> ProjectPage:
        def linked(file: FileLink) -> FileLink:
            if file.provenance is None:
                return file
            return replace(file, provenance=self._inside.origin + urlsplit(file.provenance).path)

        return page.each(linked)


@pytest.mark.parametrize("front", [HangsUpOnItsClient, AnswersWithout])
def test_a_proxy_need_not_wait_for_an_upload_whose_client_has_left(front: type[HangsUpOnItsClient]) -> None:
    found = judged(TRUNCATED, front())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(TRUNCATED, front(halves=True)).verdict is Verdict.FAILED


def test_a_server_error_is_asked_again() -> None:
    found = judged(DATE, EverySecondPageFails())
    assert found.verdict is Verdict.PASSED, found.message


def test_503_for_one_kind_of_request_is_no_throttling() -> None:
    found = judged(OTHER_UNIT, OtherUnitsNotUnderstood())
    assert found.verdict is Verdict.FAILED, found.message
    assert "status 503" in found.message


@pytest.mark.parametrize("row", [HONEST, SINGLE, "simple.claimed-features"])
@pytest.mark.parametrize(("times", "status"), [(2, 503), (5, 503), (1, 502), (1, 500)])
def test_parts_that_are_refused_for_a_while_are_served(row: str, times: int, status: int) -> None:
    fault = PartsRefusedForAWhile(times=times, status=status)
    with ReferenceServer(faults=[fault]) as server:
        claiming = {**server.target(), "features": ["range"]}
        found = result_of(row, claiming, RunOptions(examples=1))
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("status", [502, 503])
def test_parts_that_are_always_refused_are_not_known_to_be_missing(status: int) -> None:
    found = judged(SINGLE, PartsRefusedForAWhile(times=1000, status=status))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "unknown whether the registry offers range" in found.message


def test_one_server_error_hides_no_feature() -> None:
    offered = []
    for faults in ([], [EveryFirstRequestFails()]):
        with ReferenceServer(faults=[*faults]) as server:
            run = prepare(target_from_table(server.target(), embedded=True), RunOptions())
            offered.append(run.offer)
            tidy(run)
    plain, failing = offered
    assert failing.features == plain.features
    assert failing.unknown == {}


def test_provenance_behind_the_proxy_is_found_by_its_address() -> None:
    with ReferenceServer() as inside:
        fault = ProvenanceInside(inside)
        found, route = judged(PROVENANCE, fault), judged(ROUTE, fault)
    assert found.verdict is Verdict.FAILED
    assert "the scheme and the port" in found.message
    assert inside.origin in found.message
    assert route.verdict is Verdict.PASSED, route.message
