"""The list of projects that is asked for first after an upload: from a cache, from elsewhere, or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug import Response

from conformance.verdicts import Verdict
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.faults import Fault
from reference_server.faults.http.compression import FirstListBroken, FirstListCutShort
from reference_server.rules import Rules

from .one_row import result_of

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from reference_server.http.request import Request

pytestmark = pytest.mark.usefixtures("own_folder")

ROW = "http.root.first-after-upload"
PLAIN = "registry-conformance"
"""The User-Agent of requests over a plain socket."""
ALWAYS = 10_000


class OlderCopyFirst(FirstListBroken):
    """Answers the first request for a compressed list after a change with its first copy, as one node of two does."""

    coding = "gzip"

    def __init__(self, times: int, **shown: str) -> None:
        super().__init__()
        self._left, self._shown = times, shown
        self._copies: dict[str | None, bytes] = {}

    def break_off(self, response: Response) -> None:
        copy = self._copies.setdefault(response.mimetype, response.get_data())
        if copy != response.get_data() and self._left:
            self._left -= 1
            response.set_data(copy)
        for name, value in self._shown.items():
            response.headers[name.replace("_", "-")] = value


class FirstListLacksOne(FirstListBroken):
    """Leaves one project out of the compressed list that is asked for first after a change, and states an age."""

    coding = "gzip"

    def break_off(self, response: Response) -> None:
        response.set_data(re.sub(rb"<a [^>]*>beta</a>", b"", response.get_data()))
        response.headers["Age"] = "0"


class ListElsewhere(Fault):
    """Redirects from the index to the URL of the list of projects."""

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "root_page" or request.query_string:
            return None
        return Response(status=302, headers={"Location": "?list"})


class ListBreaksOnce(Fault):
    """Answers the second plain request for the list of projects with an error."""

    def __init__(self, status: int) -> None:
        self._status, self._seen = status, 0

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "root_page" or request.headers.get("User-Agent") != PLAIN:
            return None
        self._seen += 1
        return Response("broken", status=self._status) if self._seen == 2 else None


def judged(*faults: Fault) -> CheckResult:
    """Judge a server of two projects; the compressed list was read before the second was published."""
    with ReferenceServer(faults=faults, rules=replace(Rules(), gzips_from=ALWAYS)) as server:
        server.publish(wheel("alpha", "1.0"))
        login = (server.username, server.password)
        asked = {"Accept": "text/html", "Accept-Encoding": "gzip"}
        assert requests.get(server.index_url, auth=login, headers=asked, timeout=10).ok
        server.publish(wheel("beta", "1.0"))
        return result_of(ROW, server.target(), RunOptions(examples=1, settle=0.2))


def test_a_copy_from_before_the_upload_is_asked_for_once_more() -> None:
    found = judged(OlderCopyFirst(1))
    assert found.verdict is Verdict.PASSED, found.message


@pytest.mark.parametrize("shown", [{"Age": "7"}, {"X_Cache": "HIT"}, {"Cache_Control": "max-age=600"}])
def test_a_copy_that_a_cache_may_keep_for_longer_than_a_run_waits_is_not_blamed(
    shown: dict[str, str],
) -> None:
    found = judged(OlderCopyFirst(ALWAYS, **shown))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "--settle" in found.message


def test_a_first_list_that_is_old_time_and_again_is_found() -> None:
    found = judged(OlderCopyFirst(ALWAYS))
    assert found.verdict is Verdict.FAILED, found.message
    assert "beta" in found.found


def test_a_list_from_after_the_upload_has_all() -> None:
    found = judged(FirstListLacksOne())
    assert (found.verdict, found.found) == (Verdict.FAILED, "beta"), found.message


def test_each_first_list_that_is_cut_short_is_found() -> None:
    """The last list before the upload may be the first one after another."""
    assert judged(FirstListCutShort()).verdict is Verdict.FAILED


def test_the_index_may_redirect_to_the_list() -> None:
    found = judged(ListElsewhere())
    assert found.verdict is Verdict.PASSED, found.message
    assert judged(ListElsewhere(), FirstListCutShort()).verdict is Verdict.FAILED


@pytest.mark.parametrize("status", [404, 500, 502])
def test_an_error_in_place_of_the_list_is_for_others_to_judge(status: int) -> None:
    found = judged(ListBreaksOnce(status))
    assert found.verdict is Verdict.UNTESTABLE, found.message
    assert "gets no list" in found.message
