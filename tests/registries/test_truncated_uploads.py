"""Uploads that break off: what a registry has stored of them is found, and what it answers is its own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.habit.lateness import ListedLate
from reference_server.faults.robustness.truncation import CutBodiesStored, LastChunkNotNeeded

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.faults.building.partial_uploads import StoresPartialForms
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

CUT, IN_CHUNKS = "robustness.truncated-body", "robustness.chunked-truncated"


class CutUploadsWelcomed(Fault):
    """Answers 200 to an upload that breaks off, and stores nothing, as a proxy whose client has left."""

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code != 201:
            return Response("", status=200)
        return response


@pytest.mark.parametrize(("row", "fault"), [(CUT, CutBodiesStored), (IN_CHUNKS, LastChunkNotNeeded)])
@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_a_truncated_upload_that_is_stored_is_found_however_late_it_is_listed(
    row: str, fault: type[StoresPartialForms], seconds: float
) -> None:
    found = judged(
        row, fault(), ListedLate(seconds=seconds), settle=60.0
    )  # it ends with the file on the page
    assert found.verdict is Verdict.FAILED, found.message
    assert "is listed" in found.found


@pytest.mark.parametrize("row", [CUT, IN_CHUNKS])
def test_a_truncated_upload_that_is_not_stored_may_be_answered_with_success(row: str) -> None:
    found = judged(row, CutUploadsWelcomed(), settle=0.2)
    assert found.verdict is Verdict.PASSED, found.message
