"""An index whose pages are elsewhere on its host, as an index of one day redirects to the pages of that day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from werkzeug import Request, Response

from conformance.verdicts import Verdict

from .test_small_indexes import SmallIndex, judge

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult

pytestmark = pytest.mark.usefixtures("own_folder")

NORMALIZED, SPELLINGS = "simple.url.project-normalized", "simple.url.variants-same-project"
ASKED_OF_PAGES = ("http.pages.gzip-q0", "negotiation.two-lines", "simple.url.unreserved")
DAY = "/day/2027-01-01/"


@dataclass(frozen=True, kw_only=True)
class IndexOfOneDay:
    """Redirects every page to the pages of one day, where other spellings of a name are redirected once more."""

    spelled: str = "alpha"
    name: str = "alpha"
    index: SmallIndex = SmallIndex()  # noqa: RUF009 - frozen

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.startswith("/simple/"):
            there = request.path.replace("/simple/", DAY, 1).replace("alpha", self.spelled)
            return Response("", status=302, headers={"Location": there})
        name = request.path.removeprefix(DAY).removesuffix("/")
        if name not in {"", self.name} and name.lower() == "alpha":
            return Response("", status=301, headers={"Location": f"{DAY}{self.name}/"})
        path = request.path.replace(DAY, "/simple/", 1).replace(self.name, "alpha")
        return self.index(Request({**request.environ, "PATH_INFO": path}))


def found(row: str, index: IndexOfOneDay) -> CheckResult:
    (result,) = judge(cast("Any", index), row).results
    return result


@pytest.mark.parametrize("row", [NORMALIZED, SPELLINGS])
def test_pages_may_be_elsewhere_under_their_names(row: str) -> None:
    result = found(row, IndexOfOneDay())
    assert result.verdict is Verdict.PASSED, result.message


def test_a_redirect_to_another_spelling_is_found() -> None:
    """The index has the project as `Alpha`, and redirects the normalized name to it."""
    result = found(NORMALIZED, IndexOfOneDay(spelled="Alpha", name="Alpha"))
    assert result.verdict is Verdict.FAILED
    assert "/Alpha/" in str(result.found)


def test_a_spelling_that_leads_to_no_page_is_found() -> None:
    @dataclass(frozen=True, kw_only=True)
    class OtherSpellingsLost(IndexOfOneDay):
        def __call__(self, request: Request) -> Response:
            lost = request.path.startswith(DAY) and "ALPHA" in request.path
            return Response("", status=404) if lost else super().__call__(request)

    assert found(SPELLINGS, OtherSpellingsLost()).verdict is Verdict.FAILED


@pytest.mark.parametrize("row", ASKED_OF_PAGES)
def test_the_page_is_asked_where_it_is(row: str) -> None:
    result = found(row, IndexOfOneDay())
    assert result.verdict not in {Verdict.UNTESTABLE, Verdict.ERROR}, result.message
