"""What web servers, load balancers and caches in front of a registry do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from conformance.verdicts import Verdict
from reference_server import ReferenceServer
from reference_server.alterations import HangUpError
from reference_server.faults import Fault
from reference_server.faults.building.partial_uploads import arrived, file_in, is_chunked, stored
from reference_server.faults.building.upload_forms import boundary_of

from .one_row import judged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

TRUNCATED, PROVENANCE, ROUTE = "robustness.chunked-truncated", "provenance.fetch", "integrity.route"


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


def test_a_proxy_may_hang_up_on_a_client_whose_form_the_registry_stores() -> None:
    found = judged(TRUNCATED, HangsUpOnItsClient())
    assert found.verdict is Verdict.PASSED, found.message


def test_half_a_file_that_was_stored_unanswered_is_found() -> None:
    assert judged(TRUNCATED, HangsUpOnItsClient(halves=True)).verdict is Verdict.FAILED


def test_provenance_behind_the_proxy_is_found_by_its_address() -> None:
    with ReferenceServer() as inside:
        fault = ProvenanceInside(inside)
        found, route = judged(PROVENANCE, fault), judged(ROUTE, fault)
    assert found.verdict is Verdict.FAILED
    assert "the scheme and the port" in found.message
    assert inside.origin in found.message
    assert route.verdict is Verdict.PASSED, route.message
