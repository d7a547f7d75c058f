"""What stands under a row on pages is about pages: neither a refusal in a registry's own words, nor a changed name."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.causes import roots_of

ANCHORS, LISTED = "simple.html.detail.one-anchor-per-file", "gitlab.page.lists-exactly-the-uploads"
LEFT_OUT = "demo-1.0.tar.gz without an anchor"
REFUSED = 'status 400: {"error":"requires_python is missing"}'
POST = "POST http://127.0.0.1:1/legacy/ as default → 400 Bad Request [7]"
PAGE = "http://127.0.0.1:1/simple/demo/"


def causes_of(table: Any, *rows: tuple[str, str, str, int]) -> dict[str, str]:
    """Return what follows from what: rows with what they found, where, and the status of the page they read."""
    for name, found, where, status in rows:
        page = table.exchange(request=f"GET {PAGE}", status=status)
        table.add(name, "failed", found=found, where=where, signature="1" * 12, exchanges=[page])
    return dict(roots_of(table.stored().results))


def test_a_file_that_no_page_lists_is_missing_in_other_rows(table: Any) -> None:
    found = "conformance_demo_main-1.0-py3-none-any.whl"
    assert causes_of(
        table,
        (ANCHORS, LEFT_OUT, PAGE, 200),
        ("gitlab.name.case-ignored", found, PAGE, 200),
        ("simple.json.versions.complete", "1.0 is missing", PAGE, 200),
        ("gitlab.file.bytes-exact", "a page without it", PAGE, 200),
    ) == dict.fromkeys(
        ("gitlab.name.case-ignored", "simple.json.versions.complete", "gitlab.file.bytes-exact"), ANCHORS
    )


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("upload.post-multipart", REFUSED, POST, 200), id="refused-in-own-words"),
        pytest.param(("upload.summary-limits", "summary is missing from it", POST, 200), id="own-words"),
        pytest.param(("gitlab.name.runs-collapsed", "a page without files", PAGE, 404), id="no-page"),
        pytest.param(("gitlab.rest.package-files", "nothing of:\n  demo", PAGE, 200), id="another-list"),
        pytest.param(("archive.valid", "x.whl is listed, and on the page", POST, 200), id="another-area"),
    ],
)
def test_another_defect_stands_for_itself(table: Any, row: tuple[str, str, str, int]) -> None:
    assert causes_of(table, (ANCHORS, LEFT_OUT, PAGE, 200), row) == {}


def test_a_name_that_was_changed_is_no_file_that_is_left_out(table: Any) -> None:
    found = "demo-1_1.0.whl, never uploaded\ndemo-1!1.0.whl without an anchor"
    listed = "conformance_demo_versions-1.0-py3-none-any.whl"
    rows = [("version.epoch", listed, PAGE, 200), ("gitlab.version.epoch", listed, PAGE, 200)]
    assert causes_of(table, (ANCHORS, found, PAGE, 200), *rows) == {}


def test_a_package_without_the_file_follows_where_gitlab_lists_none(table: Any) -> None:
    rows = [
        (LISTED, "nothing of:\n  'demo'", PAGE, 200),
        ("gitlab.rest.package-files", "nothing of:", PAGE, 200),
    ]
    assert causes_of(table, *rows) == {"gitlab.rest.package-files": LISTED}


@pytest.mark.parametrize(
    ("root", "shown", "refusal"),
    [
        ("simple.project.unknown-404", "status 403: no", "status 403: uploads need a token"),
        ("auth.read.preemptive", "status 401, 12 bytes", "status 401, 12 bytes: who are you"),
        (
            "negotiation.content-type.always",
            "status 200, no Content-Type",
            "status 400: a body without a Content-Type",
        ),
    ],
)
def test_no_refused_upload_follows_from_what_reads_find(
    table: Any, root: str, shown: str, refusal: str
) -> None:
    rows = [(root, shown, PAGE, 200), ("upload.post-multipart", refusal, POST, 200)]
    assert causes_of(table, *rows) == {}
    assert causes_of(table, ("simple.html.doctype", refusal, PAGE, 200)) == {"simple.html.doctype": root}


@pytest.mark.parametrize("found", ["'bytes 0-9/12'", "1299 bytes"])
def test_a_part_with_another_range_is_no_wrong_part(table: Any, found: str) -> None:
    """Each exchange of a part has the status 206, whatever is wrong with it."""
    file = table.exchange(request="GET http://127.0.0.1:1/files/demo-1.0.tar.gz", status=206)
    for name, text in (
        ("http.range.single", found),
        ("http.range.suffix", "9 bytes"),
        ("http.range.clamp", "'bytes 0-8/12'"),
    ):
        table.add(name, "failed", found=text, signature="1", exchanges=[file])
    follows = "http.range.clamp" if "/" in found else "http.range.suffix"
    assert roots_of(table.stored().results) == {follows: "http.range.single"}


def test_a_page_that_breaks_is_no_second_upload_that_does(table: Any) -> None:
    broken = ("gitlab.duplicate.refused", "status 500: oops", POST, 200)
    assert causes_of(table, broken, ("gitlab.duplicate.keeps-first", "'one'", PAGE, 503)) == {}


CUT = "9dacb7b6358605621389f78871754465"
FILE = "demo-1.0-py3-none-any.whl"


def test_digests_cut_short_are_one_cause(table: Any) -> None:
    correct, whole = "simple.html.hash.correct", CUT * 2
    assert causes_of(
        table,
        (correct, f"sha256={CUT} of {FILE}", PAGE, 200),
        ("consistency.listed-is-downloadable", f"{FILE}: sha256 {whole}, listed with {CUT}", PAGE, 200),
        ("race.upload-vs-read", f"{FILE}: sha256 {whole}, listed with {CUT}", PAGE, 200),
        ("simple.file.immutable", CUT, PAGE, 200),
        ("upload.large-file", repr(CUT), PAGE, 200),
    ) == dict.fromkeys(
        (
            "consistency.listed-is-downloadable",
            "race.upload-vs-read",
            "simple.file.immutable",
            "upload.large-file",
        ),
        correct,
    )


def test_a_large_file_with_another_whole_digest_stands_for_itself(table: Any) -> None:
    row = ("upload.large-file", repr(CUT * 2), PAGE, 200)
    assert causes_of(table, ("simple.html.hash.correct", f"sha256={CUT} of {FILE}", PAGE, 200), row) == {}


def test_pages_refused_by_their_type_are_one_cause(table: Any) -> None:
    named = "status 406, text/plain, 'no such type'… for Accept: text/html"
    assert causes_of(
        table,
        ("negotiation.text-html", named, PAGE, 406),
        ("metadata.same-auth", "status 406", PAGE, 406),
        ("simple.html.doctype", "status 406", PAGE, 406),
    ) == dict.fromkeys(("metadata.same-auth", "simple.html.doctype"), "negotiation.text-html")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("negotiation.empty-accept", "status 406: none", PAGE, 406), id="another-question"),
        pytest.param(("simple.html.doctype", "<html>", PAGE, 200), id="a-page"),
    ],
)
def test_another_answer_than_406_stands_for_itself(table: Any, row: tuple[str, str, str, int]) -> None:
    named = "status 406, text/plain, 'no such type'… for Accept: text/html"
    assert causes_of(table, ("negotiation.text-html", named, PAGE, 406), row) == {}


def test_a_page_that_is_refused_for_its_coding_stands_for_itself(table: Any) -> None:
    named = ("negotiation.text-html", "status 406, text/plain, 'no'… for Accept: text/html", PAGE, 406)
    assert causes_of(table, named, ("http.root.gzip", "status 406", PAGE, 406)) == {}
