"""A cache keeps pages for as long as it states, whatever was changed meanwhile: no requirement blames the registry."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.faults.consistency.settled import (
    DeletedProjectsListed,
    LateHead,
    LateReplica,
)

from . import one_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

STAY, LISTED, AGAIN, RENEWED = (
    "consistency.new-files-stay-listed",
    "consistency.listed-has-page",
    "consistency.new-file-of-a-name",
    "yank.reason-renewed",
)
SETTLE = 0.2
STATED = ("Cache-Control", "max-age=600")


class KeepsPages(Fault):
    """Answers every so many requests for a page with the first answer, and states that a cache may; uploads purge.

    A page that is kept is one of an `endpoint`, and in one media type if so. Without `stated` a cache hides itself.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        media_type: str = "",
        every: int = 1,
        purged: bool = False,
        stated: Sequence[tuple[str, str]] = (STATED,),
    ) -> None:
        self._endpoint, self._media_type, self._every, self._purged = endpoint, media_type, every, purged
        self._stated = stated
        self._kept: dict[tuple[str, ...], Response] = {}
        self._asked: Counter[tuple[str, ...]] = Counter()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and self._purged:
            self._kept.clear()
        accept = request.headers.get("Accept", "")
        asked = request.method == "GET" and accept.startswith(self._media_type)
        if request.endpoint != self._endpoint or not asked:
            return response
        for name, value in self._stated:
            response.headers[name] = value
        key = (request.path, accept, request.headers.get("Accept-Encoding", ""))
        self._asked[key] += 1
        if response.status_code != 200 or self._asked[key] % self._every:
            return response
        copy = Response(response.get_data(), status=200, headers=response.headers.copy())
        kept = self._kept.setdefault(key, copy)
        return Response(kept.get_data(), status=200, headers=kept.headers.copy())


def judged(row: str, *faults: Fault) -> CheckResult:
    return one_row.judged(row, *faults, settle=SETTLE)


@pytest.mark.parametrize(
    ("row", "cache"),
    [
        (STAY, KeepsPages("project_page", every=2)),
        (LISTED, KeepsPages("root_page", purged=True)),
        (AGAIN, KeepsPages("project_page")),
        (RENEWED, KeepsPages("project_page", purged=True)),
    ],
    ids=[STAY, LISTED, AGAIN, RENEWED],
)
def test_what_a_cache_keeps_for_longer_than_a_run_waits_is_not_blamed(row: str, cache: Fault) -> None:
    found = judged(row, cache)
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "a cache may keep an answer for longer than the run waits" in found.message


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (STAY, LateReplica()),
        (STAY, LateHead()),
        (LISTED, DeletedProjectsListed()),
        (LISTED, KeepsPages("root_page", purged=True, stated=())),
        (RENEWED, KeepsPages("project_page", purged=True, stated=())),
        (AGAIN, KeepsPages("project_page", stated=())),
    ],
)
def test_what_is_outdated_for_good_is_found_where_no_cache_shows_itself(row: str, fault: Fault) -> None:
    assert judged(row, fault).verdict is Verdict.FAILED


@pytest.mark.parametrize("media_type", ["text/html", "application/vnd.pypi.simple.v1+json"])
def test_a_server_that_keeps_one_form_of_a_page_for_good_is_found(media_type: str) -> None:
    found = judged(STAY, KeepsPages("project_page", media_type=media_type, every=2, stated=()))
    assert found.verdict is Verdict.FAILED, found.message
