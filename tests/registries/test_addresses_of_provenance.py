"""Provenance objects may outlive their files at addresses of their own, and in caches for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.provenance.files import ProvenanceKeptByName

from . import one_row

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

OF_NEW_FILE = "provenance.of-new-file"
ALWAYS = 10_000


class ProvenanceStays(Fault):
    """Answers requests for provenance objects with the first answer, `times` times after the object is gone.

    With `addressed` its URL has the digest of the file; with `linked`, pages link to the first one for good.
    """

    def __init__(
        self, times: int = ALWAYS, *, addressed: bool = False, linked: bool = False, stated: str = ""
    ) -> None:
        self._left, self._addressed, self._linked, self._stated = times, addressed, linked, stated
        self._kept: dict[str, bytes] = {}
        self._links: dict[str, str] = {}

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "provenance":
            return response
        if response.status_code == 200:
            self._kept[request.full_path] = response.get_data()
        elif request.full_path in self._kept and self._left:
            self._left -= 1
            response = Response(self._kept[request.full_path], content_type="application/json")
        if self._stated:
            response.headers["Cache-Control"] = self._stated
        return response

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if self._addressed:
            page = page.each(
                lambda file: (
                    replace(file, provenance=f"{file.provenance}?of={file.hashes['sha256']}")
                    if file.provenance
                    else file
                )
            )
        if self._linked:
            self._links |= {file.filename: file.provenance for file in page.files if file.provenance}
            page = page.each(lambda file: replace(file, provenance=self._links.get(file.filename)))
        return page


def judged(*faults: Fault) -> CheckResult:
    return one_row.judged(OF_NEW_FILE, *faults, settle=0.2)


def test_a_provenance_object_may_stay_at_an_address_with_the_digest_of_its_file() -> None:
    found = judged(ProvenanceStays(addressed=True))
    assert found.verdict is Verdict.PASSED, found.message


def test_a_provenance_object_may_be_kept_for_less_than_a_run_waits() -> None:
    found = judged(ProvenanceStays(times=1))
    assert found.verdict is Verdict.PASSED, found.message


def test_a_cache_that_keeps_a_provenance_object_for_longer_is_not_blamed() -> None:
    found = judged(ProvenanceStays(stated="max-age=600"))
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize(
    "fault", [ProvenanceKeptByName(), ProvenanceStays(), ProvenanceStays(addressed=True, linked=True)]
)
def test_the_provenance_of_a_deleted_file_at_the_new_one_is_found(fault: Fault) -> None:
    assert judged(fault).verdict is Verdict.FAILED
