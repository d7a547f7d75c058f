"""One cause, one line: what follows from another deviation stands under it, and nothing else does."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import msgspec
import pytest

from conformance.catalogue import catalogue
from conformance.catalogue.causes import causes, is_harmless
from conformance.report.causes import roots_of, with_causes
from conformance.report.formats import FORMATS
from conformance.wire.exchange import Exchange

ROOT, LINK = "gitlab.page.links-work", "gitlab.file.bytes-exact"
DEAD = "status 404, 25 bytes with sha256 66c8af649d8196071e7f02b93dc2cfe82e50d419edb24711ddc6f6509ca9345b"
DEAD_LINK = "GET http://127.0.0.1:1/simple/files/demo-1.0.tar.gz as default → 404 NOT FOUND"


@pytest.mark.parametrize("cause", causes(), ids=lambda cause: cause.roots[0])
def test_an_entry_names_requirements_that_exist(cause: Any) -> None:
    checked = [row.id for row in catalogue() if not row.untested]
    for name in (*cause.roots, *cause.apart):
        assert name in checked
    for pattern in cause.consequences:
        assert any(fnmatchcase(name, pattern) for name in checked), pattern
    assert cause.evidence or "*" not in cause.consequences, "everything would follow from it"


def test_what_shows_the_evidence_follows_from_the_root(table: Any) -> None:
    assert table.roots(**{ROOT: DEAD_LINK, LINK: DEAD, "yank.still-downloadable": DEAD}) == {
        LINK: ROOT,
        "yank.still-downloadable": ROOT,
    }


def test_what_fails_for_its_own_reason_stands_for_itself(table: Any) -> None:
    assert table.roots(**{ROOT: DEAD_LINK, LINK: "status 500", "simple.html.doctype": "<html>"}) == {}


def test_without_its_root_nothing_follows(table: Any) -> None:
    assert table.roots(**{"yank.still-downloadable": DEAD, "metadata.bytes": DEAD}) == {}


CUT = "650 of 1300 bytes, then the connection closed"
UNSAFE = ("auth.cache-private", "gitlab.access.anonymous-cannot-download-private", "security.smuggling")


@pytest.mark.parametrize(
    ("roots", "first"),
    [
        ((ROOT, "simple.html.detail.href", "http.errors-status"), ROOT),
        ((ROOT, "gitlab.page.lists-exactly-the-uploads"), "gitlab.page.lists-exactly-the-uploads"),
        (("simple.json.file.url", "metadata.served"), "simple.json.file.url"),
        (("metadata.served", "http.errors-status"), "metadata.served"),
        (("http.errors-status",), "http.errors-status"),
    ],
)
def test_what_meets_an_answer_that_breaks_off_stands_under_the_row_on_its_route(
    table: Any, roots: tuple[str, ...], first: str
) -> None:
    deviations = dict.fromkeys((*UNSAFE, *roots), CUT)
    assert table.roots(**deviations) == dict.fromkeys(deviations.keys() - {first}, first)
    assert all(is_harmless(name, first, CUT) for name in UNSAFE), "it discloses nothing"


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("files/demo-1.0-py3-none-any.whl", ROOT),
        ("files/demo-1.0-py3-none-any.whl.metadata", "metadata.served"),
        ("simple/demo/", "simple.url.project-normalized"),
    ],
)
def test_a_short_run_names_the_row_on_the_route_of_an_answer_that_breaks_off(
    table: Any, path: str, row: str
) -> None:
    url = f"http://127.0.0.1:1/{path}"
    sent = Exchange(request=f"GET {url}", credential="default", reason="stopped")
    where = f"GET {url} as default [1]"
    table.add(UNSAFE[0], "failed", found=CUT, where=where, exchanges=(sent,), signature="1" * 12)
    roots = (ROOT, "metadata.served", "simple.url.project-normalized")
    results = with_causes(table.stored().results, "", (*roots, UNSAFE[0]))
    assert [each.may_follow_from for each in results] == [row]


def possible(table: Any, *held_to: str, **deviations: str) -> dict[str, str]:
    """Return what may follow from what, in a run of fewer requirements than a whole one judges."""
    for name, text in deviations.items():
        table.add(name, "failed", found=text, signature="1" * 12)
    results = with_causes(table.stored().results, "", held_to)
    return {each.id: each.may_follow_from for each in results if each.may_follow_from}


def test_a_run_without_the_root_names_it(table: Any) -> None:
    missing = {"yank.still-downloadable": DEAD, "simple.html.doctype": "<html>"}
    assert possible(table, ROOT, *missing, **missing) == {"yank.still-downloadable": ROOT}


def test_a_registry_that_is_not_held_to_a_root_has_the_next_one_named(table: Any) -> None:
    missing = {"yank.still-downloadable": DEAD}
    assert possible(table, "simple.html.detail.href", *missing, **missing) == {
        "yank.still-downloadable": "simple.html.detail.href"
    }


def test_a_run_that_judged_a_root_names_none(table: Any) -> None:
    table.add("simple.html.detail.href", "passed")
    missing = {"yank.still-downloadable": DEAD}
    assert possible(table, ROOT, "simple.html.detail.href", *missing, **missing) == {}


def test_a_root_that_fails_for_another_reason_explains_nothing(table: Any) -> None:
    assert table.roots(**{ROOT: "a relative link", "yank.still-downloadable": DEAD}) == {}


def test_what_a_root_follows_from_explains_its_consequences_too(table: Any) -> None:
    nothing = "status 200, no Content-Type, '<!DOCTYPE html>'"
    assert table.roots(
        **{
            "negotiation.content-type.always": nothing,
            "negotiation.wildcards": f"{nothing} for Accept: */*",
            "negotiation.picks-listed": "status 406 for Accept: application/*",
        },
    ) == {
        "negotiation.wildcards": "negotiation.content-type.always",
        "negotiation.picks-listed": "negotiation.content-type.always",
    }


def test_a_registry_that_normalizes_no_names_is_one_cause(table: Any) -> None:
    """It knows a project as it was spelled, and has no page where all clients look for it."""
    absent, there = (
        table.exchange(
            request=f"GET http://127.0.0.1:1/simple/{name}/",
            status=status,
            response_headers={"Content-Type": "text/plain"},
        )
        for name, status in (("demo-main", 404), ("Demo.Main", 200))
    )
    for name, text, exchange in (
        ("simple.name.normalization", "status 404", absent),
        ("http.date", "status 404", absent),
        ("simple.html.doctype", "status 404", absent),
        ("simple.url.project-normalized", "GET /simple/demo-main/ as default → 404 NOT FOUND", absent),
        ("clients.pip.latest", "exit code 1: No matching distribution found for demo-main", there),
        ("http.last-modified.past", "status 500", absent),
        ("http.method-not-allowed", "status 404", absent),
        ("yank.html.attribute", "status 404", there),
    ):
        table.add(name, "failed", found=text, signature="1", exchanges=[exchange])
    assert roots_of(table.stored().results) == dict.fromkeys(
        ("http.date", "simple.html.doctype", "simple.url.project-normalized", "clients.pip.latest"),
        "simple.name.normalization",
    )


@pytest.mark.parametrize(
    "status_line", ["200 OK", "200 Ok", "200 ", "201 Created", "202 Non-Authoritative (x)"]
)
def test_a_form_without_a_file_that_is_accepted_is_one_cause(table: Any, status_line: str) -> None:
    for name, text in (
        ("upload.content-required", "status 200"),
        ("robustness.no-filename", f"no filename: POST /upload as default → {status_line} [7]"),
        ("robustness.wrong-boundary", "no boundary: POST /upload as default → 500 INTERNAL SERVER ERROR [8]"),
    ):
        table.add(name, "failed", found=text, where="", signature="1")
    assert roots_of(table.stored().results) == {"robustness.no-filename": "upload.content-required"}


def test_what_a_client_cannot_download_follows_from_the_dead_link(table: Any) -> None:
    url = "http://127.0.0.1:1/demo-1.0-py3-none-any.whl"
    table.add("upload.visible-after-success", "warned", found="status 404, 14 bytes", where="", signature="1")
    for name, said in (
        (
            "clients.pip.dependencies",
            f"exit code 1: …because of HTTP error 404 Client Error: Not Found for url: {url}",
        ),
        (
            "clients.pip.latest",
            f"exit code 1: HTTP status client error (404 Not Found) for url ({url}#sha256=ab)",
        ),
    ):
        table.add(name, "failed", found=said, where="pip install", signature="2", exchanges=[])
    assert set(roots_of(table.stored().results).values()) == {"upload.visible-after-success"}
    assert len(roots_of(table.stored().results)) == 2


def test_a_metadata_file_that_is_gone_is_no_dead_link(table: Any) -> None:
    url = "http://127.0.0.1:1/demo-1.0-py3-none-any.whl.metadata"
    gone = table.exchange(request=f"GET {url}", status=404, credential="default")
    for name, said in (
        (ROOT, DEAD_LINK),
        ("clients.pip.dependencies", f"exit code 1: HTTP error 404 while getting from for url: {url}"),
        ("clients.pip.latest", f"HTTP status client error (404 Not Found) for url ({url})"),
        ("metadata.bytes", f"GET {url} as default → 404 NOT FOUND"),
        ("metadata.same-auth", "false"),
    ):
        exchanges = [gone] if name == "metadata.same-auth" else []
        table.add(name, "failed", found=said, where="", signature="1", exchanges=exchanges)
    assert roots_of(table.stored().results) == {}


KEPT = "status 200 without a credential: GET /files/demo-1.0.tar.gz as anonymous → 200"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("gitlab.token.expired-refused", 'status 201: {"message":"201 Created"}'),
        ("gitlab.token.expired-refused", "status 200"),
        ("gitlab.matrix.upload", "private, deploy-expired, upload: status 201, not 401"),
        ("auth.upload.challenge", "no challenge"),
        ("auth.upload.required", "status 200"),
    ],
)
def test_an_upload_does_not_follow_from_what_a_cache_keeps(row: str, text: str, table: Any) -> None:
    """An expired token that may publish, and uploaders without a challenge, are defects of their own."""
    read = dict.fromkeys(
        ("gitlab.access.anonymous-cannot-read-private", "gitlab.token.wrong-cannot-read-private"),
        "status 200: <!DOCTYPE html>",
    )
    root = "auth.read.kept-for-no-other"
    roots = table.roots(**{root: KEPT, row: text}, **read)
    assert roots == dict.fromkeys(read, root)


def test_what_is_read_from_a_cache_follows_from_it(table: Any) -> None:
    root = "auth.read.kept-for-no-other"
    texts = {
        "auth.read.401": "status 200",
        "gitlab.access.challenge": "no challenge",
        "gitlab.access.anonymous-cannot-download-private": "status 200: <1300 bytes>",
        "gitlab.matrix.file": "public, job-finished, file: status 200, not 401",
        "gitlab.token.wrong-cannot-read-private": "status 200: <!DOCTYPE html>",
    }
    assert table.roots(**{root: KEPT, **texts}) == dict.fromkeys(texts, root)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_file_that_is_refused_for_another_reason_is_not_refused_for_its_name(
    status: int, table: Any
) -> None:
    url = f"GET /demo/demo-1%211.0-py3-none-any.whl as other → {status}"
    for name in ("simple.url.percent-encoding", "version.epoch"):
        table.add(name, "failed", found=url, where="", signature="1", exchanges=[])
    assert roots_of(table.stored().results) == {}


def test_a_route_that_refuses_letters_of_a_file_name_is_one_cause(table: Any) -> None:
    url = "GET /demo/demo-1%211.0-py3-none-any.whl as default → 400 BAD REQUEST"
    for name, found, where in (
        ("simple.url.percent-encoding", url.replace("1%211.0", "1.0%2Blocal"), "GET /simple/demo/"),
        ("version.epoch", "status 400, 11 bytes", url),
        ("consistency.listed-is-downloadable", f"demo-1!1.0-py3-none-any.whl: {url}", "11 files at rest"),
        ("version.rc-and-c", "1.0c1 and 1.0rc1", "GET /simple/demo/"),
    ):
        table.add(name, "failed", found=found, where=where, signature="1")
    assert roots_of(table.stored().results) == dict.fromkeys(
        ("version.epoch", "consistency.listed-is-downloadable"), "simple.url.percent-encoding"
    )


@pytest.mark.parametrize(("status", "follows"), [(403, True), (422, True), (400, False), (409, False)])
def test_the_words_of_a_refusal_with_another_status_do_not_matter(
    status: int, table: Any, *, follows: bool
) -> None:
    sent = [table.exchange(request="POST http://127.0.0.1:1/", status=status)]
    for name in ("upload.dup.different", "upload.dup.message"):
        found = f"status {status} of {name}"
        table.add(name, "failed", found=found, where="", signature="1", exchanges=sent)
    assert roots_of(table.stored().results) == (
        {"upload.dup.message": "upload.dup.different"} if follows else {}
    )


def test_an_exchange_is_evidence(table: Any) -> None:
    exchange = table.exchange(
        request="GET http://127.0.0.1:1/simple/demo/", status=200, response_headers={"Date": "today"}
    )
    table.add("race.version-set", "failed", found="versions without 1.0", signature="1", exchanges=[exchange])
    table.add("negotiation.content-type.always", "failed", found="x", signature="1", exchanges=[exchange])
    assert roots_of(table.stored().results) == {"race.version-set": "negotiation.content-type.always"}


@pytest.mark.parametrize(
    "index", ["http://127.0.0.1:1/u/dev/+simple/", "http://127.0.0.1:1/pypi/", "http://127.0.0.1:1/"]
)
def test_pages_are_told_from_others_wherever_the_index_is(index: str, table: Any) -> None:
    needing, rule = "simple.html.base-absolute", "simple.root.served"
    gone, page = (table.exchange(request=f"GET {index}{name}", status=500) for name in ("", "demo/"))
    table.add(rule, "failed", found="status 500", signature="1", exchanges=[gone])
    table.add(needing, "failed", found="status 500", signature="1", exchanges=[gone])
    table.add("simple.html.charset", "warned", found="status 500", signature="1", exchanges=[page])
    assert roots_of(table.stored().results, index) == {needing: rule}


def test_a_passed_requirement_is_no_root_and_follows_from_none(table: Any) -> None:
    table.add(ROOT, "passed")
    table.add(LINK, "failed", found=DEAD, signature="1")
    table.add("yank.still-downloadable", "untestable", found=DEAD)
    assert roots_of(table.stored().results) == {}


BROKEN = "no filename: POST http://127.0.0.1:1/ as default → 500 Internal Server Error"
SECOND_NAME = "up, as the only name: 500"


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        (SECOND_NAME, True),
        (f"one folder up: 500\n{SECOND_NAME}", False),
        (f"{SECOND_NAME}\na NUL: 500", False),
    ],
)
def test_what_breaks_a_server_in_several_ways_has_more_than_one_cause(
    text: str, *, follows: bool, table: Any
) -> None:
    row = "security.no-server-error"
    consequences = {row: "robustness.no-filename"} if follows else {}
    assert table.roots(**{"robustness.no-filename": BROKEN, row: text}) == consequences


def test_a_name_that_is_not_normalized_is_no_race(table: Any) -> None:
    race, rule = "race.case-and-separator", "simple.name.normalization"
    unlisted = "demo-1.3-py3-none-any.whl was accepted, and is not listed in HTML\nin 2 of 2 rounds"
    assert table.roots(**{rule: "status 404", race: unlisted}) == {race: rule}


@pytest.mark.parametrize(
    ("file", "follows"), [("demo-1.0.tar.gz", True), ("demo-1.0-py3-none-any.whl", False)]
)
def test_an_sdist_that_clients_unzip_has_other_bytes(file: str, *, follows: bool, table: Any) -> None:
    encoded, exact = "http.files.no-content-encoding", "simple.file.bytes-exact"
    unzipped = (
        f"status 200, 10240 bytes with sha256 {'0' * 64}\nGET http://127.0.0.1:1/{file} as default → 200"
    )
    texts = {encoded: "'gzip'", exact: unzipped, "clients.twine.bytes": unzipped}
    root = encoded if follows else exact
    expected = {"clients.twine.bytes": root} | ({exact: encoded} if follows else {})
    assert table.roots(**texts) == expected


def test_an_upload_to_a_page_that_is_missing_is_not_found_either(table: Any) -> None:
    texts = {"simple.root.served": "status 404: Not Found", "upload.wrong-url-405": "status 404"}
    assert table.roots(**texts) == {"upload.wrong-url-405": "simple.root.served"}


def test_a_root_that_is_gone_is_the_cause_of_what_needs_it(table: Any) -> None:
    gone = "status 500\nGET root as anonymous → 500 text/html"
    needing = ("simple.html.root.anchor-text", "simple.html.root.href", "simple.html.base-absolute")
    texts = {
        **dict.fromkeys(needing, gone),
        "simple.root.served": gone,
        "name.invalid-rejected": "status 200 for 'x y'",
    }
    assert table.roots(**texts) == dict.fromkeys(needing, "simple.root.served")


class TestReports:
    @pytest.fixture
    def result(self, table: Any) -> Any:
        """A warning that explains two failures, and a failure of its own."""
        table.add("negotiation.quality", "failed", found="status 406", signature="1")
        table.add(ROOT, "warned", found=DEAD_LINK, signature="1")
        for name in (LINK, "yank.still-downloadable"):
            table.add(name, "failed", found=DEAD, signature="1")
        stored = table.stored()
        return msgspec.structs.replace(stored, results=tuple(with_causes(stored.results)))

    def test_causes_come_as_bad_as_their_consequences_are(self, result: Any) -> None:
        assert [each.id for each in result.causes()] == [ROOT, "negotiation.quality"]
        assert [each.id for each in result.consequences()[ROOT]] == [
            LINK,
            "yank.still-downloadable",
        ]

    @pytest.mark.parametrize("name", ["html", "markdown", "junit"])
    def test_a_report_says_what_follows_from_what(self, name: str, result: Any) -> None:
        text = FORMATS[name].render(result)
        origin = {"html": "<dt>follows from", "markdown": "follows from", "junit": "Follows from"}[name]
        assert text.count(origin) == 2
        assert ROOT in text.split(origin, 1)[1][:60]


def test_a_private_file_that_anyone_downloads_does_not_follow_from_uploads_without_a_credential(
    table: Any,
) -> None:
    sent = "status 201: {}"
    read = "status 200: <1300 bytes of application/octet-stream>"
    private = "gitlab.access.anonymous-cannot-download-private"
    roots = table.roots(
        **{
            "auth.upload.required": sent,
            "gitlab.access.anonymous-cannot-publish": sent,
            "gitlab.token.wrong-cannot-publish": sent,
            private: read,
            "gitlab.matrix.file": "private, anonymous, file: status 200, not 401",
        },
    )
    assert roots == {
        "gitlab.access.anonymous-cannot-publish": "auth.upload.required",
        "gitlab.token.wrong-cannot-publish": "auth.upload.required",
        "gitlab.matrix.file": private,
    }


def test_a_page_that_is_gone_with_its_yanked_file_is_no_markup(table: Any) -> None:
    listed = "conformance_abcdefgh_yanked-1.0.tar.gz"
    reason, index = "security.html.yank-reason", "yank.still-listed"
    assert table.roots(**{index: listed, reason: "status 404"}) == {reason: index}
    assert table.roots(**{index: listed, reason: "<img onerror>"}) == {}


PARTS = {"http.range.single": "1299 bytes", "http.range.suffix": "9 bytes"}
VERSIONS = {
    "simple.json.versions.complete": "2.0rc1 is missing",
    "simple.json.versions.covers-files": "demo-2.0rc1-py3-none-any.whl",
}
TWICE = {"gitlab.duplicate.refused": "status 500: oops", "upload.dup.different": "status 500: oops"}
SILENT = "no answer, and the connection stays open"
WAITING = {"robustness.not-multipart": f"a form: {SILENT}", "robustness.no-boundary": f"a form: {SILENT}"}
EMPTY = {
    "simple.html.requires-python.absent-when-unset": "demo-1.0-py3-none-any.whl",
    "gitlab.page.requires-python": "demo-1.0-py3-none-any.whl: ''",
}
PART_OF_A_NAME = {
    "gitlab.rest.filters-by-name": "demo is missing\nGET /packages?package_name=abcd2345",
    "gitlab.rest.package": "none\nGET /packages?package_type=pypi&package_name=abcd2345",
}


@pytest.mark.parametrize(
    "deviations", [VERSIONS, TWICE, WAITING, EMPTY, PART_OF_A_NAME], ids=lambda each: next(iter(each))
)
def test_one_defect_of_a_registry_is_one_cause(table: Any, deviations: dict[str, str]) -> None:
    root, consequence = deviations
    assert table.roots(**deviations) == {consequence: root}


def test_a_wrong_value_is_none_that_is_empty(table: Any) -> None:
    swapped = {**EMPTY, "gitlab.page.requires-python": "demo-1.0-py3-none-any.whl: '>=3'"}
    assert table.roots(**swapped) == {}


def test_parts_follow_from_each_other_where_parts_were_sent(table: Any) -> None:
    assert table.roots(**PARTS) == {}
    sent = {name: f"{text}\nGET file as default → 206 application/zip" for name, text in PARTS.items()}
    assert table.roots(**sent) == {"http.range.suffix": "http.range.single"}


@pytest.mark.parametrize(("status", "follows"), [(404, True), (500, False)])
def test_a_list_of_projects_that_ends_in_a_server_error_is_not_one_that_is_missing(
    table: Any, status: int, *, follows: bool
) -> None:
    claim, served = "simple.claimed-features", "simple.root.served"
    gone = f"status {status}: no\nGET root as default → {status} text/plain"
    texts = {claim: "claimed by `features` and not found: project-list (the list of projects)", served: gone}
    assert table.roots(**texts) == ({served: claim} if follows else {})


VERIFY, SUBJECT, FORM = (
    "attestation.upload.must-verify",
    "attestation.upload.subject",
    "attestation.upload.malformed",
)
ANY_SIGNATURE = (
    "status 201 for a signature by no known authority\nstatus 201 for a statement of another type\n"
    "status 201 for an oversized certificate"
)
ANY_SUBJECT = "status 201 for the name of another file\nstatus 201 for no sha256\nstatus 201 for no subject"
ANY_FORM = "status 201 for no JSON\nstatus 201 for an empty array\nstatus 201 for version 2\nand 13 more"


@pytest.mark.parametrize(
    ("deviations", "follow"),
    [
        ({VERIFY: ANY_SIGNATURE, SUBJECT: ANY_SUBJECT, FORM: ANY_FORM}, {SUBJECT, FORM}),
        ({SUBJECT: ANY_SUBJECT, FORM: ANY_FORM}, set()),
        ({VERIFY: "conformance_x_unverifiable-1.0-py3-none-any.whl", FORM: ANY_FORM}, set()),
        ({VERIFY: "status 201 for an oversized certificate", SUBJECT: ANY_SUBJECT, FORM: ANY_FORM}, set()),
        ({VERIFY: ANY_SIGNATURE, FORM: "status 201 for an empty array"}, set()),
        ({VERIFY: ANY_SIGNATURE, SUBJECT: "status 201 for two subjects"}, set()),
    ],
)
def test_attestations_that_are_ignored_as_a_whole_are_one_cause_and_no_others(
    table: Any, deviations: dict[str, str], follow: set[str]
) -> None:
    assert table.roots(**deviations) == dict.fromkeys(follow, VERIFY)


PAGE = "<!DOCTYPE html><html><head><title>Registry</title></head><body></body></html>"


@pytest.mark.parametrize(
    ("unknown", "file", "follows"),
    [
        (PAGE, PAGE, True),
        (PAGE, "<1300 bytes of application/octet-stream>", False),
        ('{"meta":{"api-version":"1.4"},"files":[]}', "<1300 bytes of application/octet-stream>", False),
        ("<!DOCTYPE html><html><body><h1>Links for demo</h1></body></html>", PAGE, False),
    ],
)
def test_a_file_under_another_digest_is_no_page_of_a_web_server(
    table: Any, unknown: str, file: str, *, follows: bool
) -> None:
    root, other = "simple.project.unknown-404", "gitlab.file.other-sha256-not-found"
    texts = {root: f"status 200: {unknown}", other: f"status 200: {file}"}
    assert table.roots(**texts) == ({other: root} if follows else {})
