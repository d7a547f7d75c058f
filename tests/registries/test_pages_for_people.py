"""Pages for people: anchors beside those of files, scripts, and projects without files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict

from .test_small_indexes import PAGE, SDIST, WHEEL, SmallIndex, judge

if TYPE_CHECKING:
    from reference_server.distributions import Distribution

pytestmark = pytest.mark.usefixtures("own_folder")

IN_HTML = f"{PAGE} in HTML"
PLAIN_ANCHORS = "simple.html.anchor-syntax-plain"
ANCHORS = "simple.html.detail.one-anchor-per-file"
AGREEMENTS = ("simple.json.detail.same-as-html", "consistency.html-json-agree")
SPARED = ("simple.html.hash.present", "simple.url.unreserved")

LINKS = "".join(
    f'<a href="/files/{each.filename}#sha256={each.sha256}">{each.filename}</a>' for each in (WHEEL, SDIST)
)
PAGE_FOR_PEOPLE = f'<!DOCTYPE html><a href="/">Index</a><a href="/simple/">All projects</a>{LINKS}'


@pytest.mark.parametrize("row", SPARED)
def test_what_is_required_of_files_is_not_required_of_other_anchors(row: str) -> None:
    (result,) = judge(SmallIndex(bodies={IN_HTML: PAGE_FOR_PEOPLE}), row).results
    assert result.verdict is Verdict.PASSED, result.message


def test_a_file_without_a_hash_is_found_beside_them() -> None:
    page = PAGE_FOR_PEOPLE.replace(f"#sha256={SDIST.sha256}", "")
    (result,) = judge(SmallIndex(bodies={IN_HTML: page}), SPARED[0]).results
    assert (result.verdict, result.found) == (Verdict.WARNED, f"/files/{SDIST.filename}")


def test_a_difference_from_json_stands_under_the_anchors() -> None:
    result = judge(SmallIndex(bodies={IN_HTML: PAGE_FOR_PEOPLE}), ANCHORS, *AGREEMENTS)
    causes = {each.id: each.cause for each in result.results if each.verdict is Verdict.FAILED}
    assert causes == {ANCHORS: "", **dict.fromkeys(AGREEMENTS, ANCHORS)}


def test_a_file_that_json_lacks_stands_for_itself() -> None:
    page = PAGE_FOR_PEOPLE + '<a href="/files/alpha-2.0.tar.gz">alpha-2.0.tar.gz</a>'
    result = judge(SmallIndex(bodies={IN_HTML: page}), ANCHORS, *AGREEMENTS)
    causes = {each.id: each.cause for each in result.results if each.verdict is Verdict.FAILED}
    assert ANCHORS not in {causes[AGREEMENTS[0]], causes[AGREEMENTS[1]]}


@pytest.mark.parametrize(
    ("script", "verdict"),
    [("// an <a href> here would be a file", Verdict.PASSED), ("'<a href=\"/x\">x</a>'", Verdict.WARNED)],
)
def test_a_link_in_a_script_needs_a_url(script: str, verdict: Verdict) -> None:
    page = f'<!DOCTYPE html><a href="/files/a-1.0.tar.gz">a-1.0.tar.gz</a><script>{script}</script>'
    (result,) = judge(SmallIndex(bodies={IN_HTML: page}), PLAIN_ANCHORS).results
    assert result.verdict is verdict, result.message


@pytest.mark.parametrize(("files", "verdict"), [((), Verdict.UNTESTABLE), ((WHEEL,), Verdict.FAILED)])
def test_a_project_without_files_may_be_missing_from_the_list(
    files: tuple[Distribution, ...], verdict: Verdict
) -> None:
    """Some proxies have a page for every name, and list what they keep."""
    (result,) = judge(SmallIndex(files=files, lists_project=False), "simple.root.lists-uploads").results
    assert result.verdict is verdict, result.message
