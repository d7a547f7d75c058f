"""Registries that take less than others, or answer a change with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.faults import Fault
from reference_server.faults.archive.contents import VendoredProjectsRefused
from reference_server.faults.building.partial_uploads import is_chunked
from reference_server.faults.building.upload_forms import filename_of, text_of
from reference_server.faults.gitlab.kept_tokens import TokensKeptForGood
from reference_server.faults.metadata.files import MetadataOfVendoredProjects
from reference_server.faults.name.spellings import SpellingsKeptApart
from reference_server.faults.race.uploads import FilesOfAVersionLost
from reference_server.faults.robustness.framing import ChunkSizesInLowerCase
from reference_server.faults.yank.effects import YanksSpreadDownThePage

from .one_row import judged, result_of

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

VENDORED = ("archive.vendored", "metadata.vendored")
OTHER_VERSIONS, REVOKED = "yank.other-versions", "gitlab.token.revoked-after-use"
CHUNKS, MANY_FILES = "robustness.chunked-syntax", "race.version-many-files"


class SdistsRefused(Fault):
    """Takes wheels only."""

    def __init__(self, status: int = 400) -> None:
        self._status = status

    def handle(self, request: Request) -> Response | None:
        is_sdist = request.endpoint == "upload" and filename_of(request).endswith(b".tar.gz")
        return Response("wheels only", status=self._status) if is_sdist else None


class LaterSpellingsRefused(Fault):
    """Refuses another spelling of a name than that of the first upload."""

    def __init__(self, status: int = 400) -> None:
        self._status = status
        self._first: dict[str, str] = {}

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        name = text_of(request, "name")
        first = self._first.setdefault(request.registry.rules.normalize(name), name)
        return Response("another spelling", status=self._status) if first != name else None


class UploadsRefusedBesideReads(Fault):
    """Refuses second versions."""

    def handle(self, request: Request) -> Response | None:
        is_second = request.endpoint == "upload" and text_of(request, "version") == "1.1"
        return Response("being read", status=423) if is_second else None


class OneWheelAVersion(Fault):
    """Takes one wheel of each version."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        version = b"-".join(filename_of(request).split(b"-")[:2])
        if version in self._taken:
            return Response("a version has one wheel here", status=400)
        self._taken.add(version)
        return None


class LaterChunksRefused(Fault):
    """Takes the first uploads in chunks, and answers the others with one status."""

    def __init__(self, status: int, *, taken: int, times: int = 1000) -> None:
        self._status, self._taken, self._times = status, taken, times
        self._seen = 0

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not is_chunked(request):
            return None
        self._seen += 1
        is_refused = self._taken < self._seen <= self._taken + self._times
        return Response("busy", status=self._status) if is_refused else None


class ChunksForgotten(Fault):
    """Answers uploads in chunks with success, and stores nothing."""

    def handle(self, request: Request) -> Response | None:
        is_upload = request.endpoint == "upload"
        return Response("", status=200) if is_upload and is_chunked(request) else None


class YanksForgotten(Fault):
    """Answers a yank with success, and marks nothing."""

    def handle(self, request: Request) -> Response | None:
        return Response(status=204) if request.endpoint in {"yank_version", "yank_file"} else None


class TokensAnswered(Fault):
    """Answers requests for deploy tokens with an error, or without one key, and their first deletions with 503."""

    def __init__(self, *, status: int = 201, without: str = "", kept: int = 0) -> None:
        self._status, self._without, self._kept = status, without, kept
        self.deletions: list[int] = []

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "create_deploy_token" and self._status >= 400:
            return Response("no", status=self._status)
        if request.endpoint == "revoke_deploy_token" and len(self.deletions) < self._kept:
            return Response("busy", status=503)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "revoke_deploy_token":
            self.deletions.append(response.status_code)
        if request.endpoint == "create_deploy_token":
            key = f'"{self._without}":'.encode()
            response.set_data(response.get_data().replace(key, b'"x":'))
        return response


@pytest.mark.parametrize("row", ["name.variants-merge", "gitlab.name.uploads-meet"])
def test_another_spelling_may_be_refused(row: str) -> None:
    found = of_many_spellings(row, LaterSpellingsRefused())
    assert found.verdict in {Verdict.PASSED, Verdict.UNTESTABLE}, found.message
    assert "refused" in found.message or "accepted" in found.message
    assert of_many_spellings(row, LaterSpellingsRefused(503)).verdict is Verdict.UNTESTABLE
    assert of_many_spellings(row, SpellingsKeptApart()).verdict is Verdict.FAILED


def test_spellings_meet_where_sdists_are_refused() -> None:
    row = "name.variants-merge"
    assert of_many_spellings(row, SdistsRefused()).verdict is Verdict.PASSED
    assert of_many_spellings(row, SdistsRefused(), SpellingsKeptApart()).verdict is Verdict.FAILED


def of_many_spellings(row: str, *faults: Fault) -> CheckResult:
    """Judge a server by a requirement, with more than the simplest example."""
    with ReferenceServer(faults=faults) as server:
        return result_of(row, server.target(), RunOptions(examples=10))


def test_an_upload_that_is_refused_shows_nothing_of_conditional_requests() -> None:
    found = judged("race.conditional-get", UploadsRefusedBesideReads())
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize("row", VENDORED)
def test_a_registry_may_take_wheels_only(row: str) -> None:
    found = judged(row, SdistsRefused())
    assert found.verdict is Verdict.PASSED, found.message
    assert "judged without an sdist" in found.message
    assert judged(row, SdistsRefused(503)).verdict is Verdict.UNTESTABLE
    fault = {kind.caught_by[0]: kind for kind in (VendoredProjectsRefused, MetadataOfVendoredProjects)}[row]
    assert judged(row, SdistsRefused(), fault()).verdict in {Verdict.FAILED, Verdict.WARNED}


@pytest.mark.parametrize("status", [403, 413, 503])
def test_a_refusal_of_any_upload_is_none_of_chunks(status: int) -> None:
    found = judged(CHUNKS, LaterChunksRefused(status, taken=2))
    assert found.verdict is Verdict.UNTESTABLE, found.message


@pytest.mark.parametrize("status", [413, 503])
def test_an_error_for_once_is_none_of_chunks(status: int) -> None:
    found = judged(CHUNKS, LaterChunksRefused(status, taken=2, times=1))
    assert found.verdict is Verdict.UNTESTABLE, found.message


def test_a_spelling_of_chunks_that_is_refused_is_found_beside_an_error() -> None:
    found = judged(CHUNKS, ChunkSizesInLowerCase(), LaterChunksRefused(503, taken=3))
    assert found.verdict in {Verdict.FAILED, Verdict.WARNED}, found.message


def test_chunks_that_are_not_stored_are_another_row_s() -> None:
    assert judged(CHUNKS, ChunksForgotten()).verdict is Verdict.UNTESTABLE


def test_a_version_may_have_one_wheel() -> None:
    found = judged(MANY_FILES, OneWheelAVersion())
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert judged(MANY_FILES, FilesOfAVersionLost()).verdict is Verdict.FAILED


def test_a_yank_without_effect_spares_no_other_version() -> None:
    assert judged(OTHER_VERSIONS, YanksForgotten()).verdict is Verdict.UNTESTABLE
    assert judged(OTHER_VERSIONS, YanksSpreadDownThePage()).verdict is Verdict.FAILED


def test_a_token_is_deleted_where_it_is_answered_in_another_form() -> None:
    fault = TokensAnswered(without="username")
    found = judged(REVOKED, fault)
    assert (found.verdict, fault.deletions) == (Verdict.UNTESTABLE, [204])


def test_the_deletion_of_a_token_is_tried_twice() -> None:
    fault = TokensAnswered(kept=1)
    found = judged(REVOKED, fault)
    assert (found.verdict, fault.deletions) == (Verdict.PASSED, [503, 204]), found.message
    assert judged(REVOKED, TokensAnswered(kept=1), TokensKeptForGood()).verdict is Verdict.FAILED


def test_a_token_that_stays_is_named() -> None:
    found = judged(REVOKED, TokensAnswered(kept=2))
    assert found.verdict is Verdict.UNTESTABLE
    assert "the deploy token conformance-" in found.message
    assert "was not deleted" in found.message


def test_only_a_refused_token_makes_the_row_inapplicable() -> None:
    for status in (401, 403, 404):
        assert judged(REVOKED, TokensAnswered(status=status)).verdict is Verdict.NOT_APPLICABLE
    for status in (400, 500, 503):
        assert judged(REVOKED, TokensAnswered(status=status)).verdict is Verdict.UNTESTABLE
