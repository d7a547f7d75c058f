"""Indexes with next to nothing in them, or with odd things, judged read-only: no check may stumble."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from conformance.run.checks_run import run_checks
from conformance.run.run import CannotJudge
from conformance.run.selection import EVERYTHING, Selection
from conformance.target import target_from_table
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.options import RunOptions
from reference_server.distributions import Metadata, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult
    from reference_server.distributions import Distribution

HTML, JSON = "text/html", "application/vnd.pypi.simple.v1+json"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="index", charset="UTF-8"'}
READER: dict[str, Any] = {
    "credentials": {"default": {"username": "reader", "password": "conformance-reader"}}
}


def static_sdist(requires_python: str) -> Distribution:
    """Return an sdist that says that no build changes its metadata."""
    metadata = Metadata(metadata_version="2.2", name="alpha", version="1.0", requires_python=requires_python)
    return sdist("alpha", "1.0", metadata=metadata)


WHEEL, SDIST = wheel("alpha", "1.0", requires_python=">=3.8"), static_sdist(">=3.8")
PAGE, ROOT = "/simple/alpha/", "/simple/"


@dataclass(frozen=True, kw_only=True)
class SmallIndex:
    """An index of one project, as a handler of requests. Statuses other than 200 are for all pages of that kind.

    `shown` gives the Requires-Python of links by file name, `bodies` gives whole pages by path, or by
    `PATH in HTML` where JSON is as usual.
    """

    files: tuple[Distribution, ...] = (WHEEL, SDIST)
    forms: tuple[str, ...] = (HTML, JSON)
    root: int = 200
    page: int = 200
    file: int = 200
    lists_project: bool = True
    yanked: bool = False
    private: bool = False
    private_files: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        is_file = request.path.startswith("/files/")
        if (self.private or (self.private_files and is_file)) and not request.authorization:
            return Response("", status=401, headers=CHALLENGE)
        if is_file:
            found = [file for file in self.files if request.path == f"/files/{file.filename}"]
            status = self.file if found else 404
            return Response(found[0].content if status == 200 else "", status=status)
        path = request.path.removesuffix("index.html")
        status = {ROOT: self.root, PAGE: self.page}.get(path, 404)
        return (
            self._page(request, path)
            if status == 200
            else Response("", status=status, content_type="text/plain")
        )

    def _page(self, request: Request, path: str) -> Response:
        accepted = request.headers.get("Accept", "*/*")
        form = next((form for form in self.forms if form in accepted), self.forms[0])
        if form not in accepted and "*" not in accepted:
            return Response("", status=406, content_type="text/plain")
        body = self.bodies.get(f"{path} in HTML" if form == HTML else path) or self.bodies.get(path)
        body = body or (self._html if form == HTML else self._json)(path)
        return Response(body, content_type=self.types.get(form, form))

    def _html(self, path: str) -> str:
        anchors = [f'<a href="{PAGE}">alpha</a>'] if path == ROOT and self.lists_project else []
        if path == PAGE:
            anchors = [self._anchor(file) for file in self.files]
        body = "<br>\n".join(anchors)
        return f"<!DOCTYPE html>\n<html><head><title>index</title></head><body>\n{body}\n</body></html>"

    def _anchor(self, file: Distribution) -> str:
        value = self.shown.get(file.filename, "").replace("<", "&lt;").replace(">", "&gt;")
        attributes = f' data-requires-python="{value}"' if value else ""
        attributes += ' data-yanked="broken"' if self.yanked else ""
        return f'<a href="/files/{file.filename}#sha256={file.sha256}"{attributes}>{file.filename}</a>'

    def _json(self, path: str) -> str:
        table: dict[str, Any] = {"meta": {"api-version": "1.0"}}
        if path == ROOT:
            return json.dumps(table | {"projects": [{"name": "alpha"}] if self.lists_project else []})
        return json.dumps(table | {"name": "alpha", "files": [self._entry(file) for file in self.files]})

    def _entry(self, file: Distribution) -> dict[str, Any]:
        entry: dict[str, Any] = {"filename": file.filename, "url": f"/files/{file.filename}"}
        entry |= {"hashes": {"sha256": file.sha256}, "yanked": "broken" if self.yanked else False}
        shown = self.shown.get(file.filename)
        return entry | ({"requires-python": shown} if shown else {})


class AnyPath(str):
    """Matches every path of an HTTPServer."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def judge(index: SmallIndex, *only: str, named: bool = True, **table: Any) -> RunResult:
    with HTTPServer(host="127.0.0.1", threaded=True) as port:
        port.expect_request(AnyPath()).respond_with_handler(index)
        target = target_from_table({"url": port.url_for("/simple"), "profile": "index", **table})
        options = RunOptions(read_only=True, projects=("alpha",) if named else (), examples=1)
        return run_checks(target, options, Selection(only=frozenset(only)) if only else EVERYTHING)


def verdicts(index: SmallIndex, *only: str) -> dict[str, CheckResult]:
    return {each.id: each for each in judge(index, *only).results}


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))  # of the inner sessions


ODD_LINKS = (
    "<a>x</a><a href>y</a><a href='http://['>z</a><a href='mailto:me'>m</a><a href='#sha256='></a>"
    "<a href='http://127.0.0.1:1/n-1.whl' data-yanked data-core-metadata='true' data-provenance='http://['"
    " data-gpg-sig='true' data-requires-python>n-1.whl</a>"
)
ODD_ENTRIES = json.dumps(
    {
        "meta": {"api-version": "1.4"},
        "name": 1,
        "versions": [1, None],
        "project-status": 3,
        "files": [
            None,
            {},
            {"filename": 1, "url": "http://[", "hashes": None, "size": "x", "yanked": None, "gpg-sig": 4}
            | {"upload-time": 3, "core-metadata": 5, "provenance": 4, "requires-python": 4},
        ],
    }
)
INDEXES = {
    "nothing": SmallIndex(files=(), private=True),
    "nothing in JSON": SmallIndex(files=(), forms=(JSON,), private=True),
    "one wheel, in HTML, not in the root": SmallIndex(files=(WHEEL,), forms=(HTML,), lists_project=False),
    "one sdist, in JSON, no root": SmallIndex(files=(SDIST,), forms=(JSON,), root=404, private=True),
    "yanked files": SmallIndex(yanked=True),
    "files out of reach": SmallIndex(file=500),
    "odd links": SmallIndex(forms=(HTML,), bodies={PAGE: ODD_LINKS, ROOT: ODD_LINKS}, private=True),
    "odd entries": SmallIndex(
        forms=(JSON,), bodies={PAGE: ODD_ENTRIES, ROOT: '{"projects": [null, 1, {"name": null}]}'}
    ),
    "no JSON at all": SmallIndex(forms=(JSON,), bodies={PAGE: "{", ROOT: "[]"}),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_no_check_stumbles(index: SmallIndex) -> None:
    result = judge(index, **READER)
    assert [(each.id, each.message) for each in result.of(Verdict.ERROR)] == []
    assert result.tally.judged > 30


def test_a_page_without_files_is_not_taken_for_a_page_to_sign_in() -> None:
    result = judge(SmallIndex(files=()), "auth.read.401", "simple.html.doctype", **READER)
    assert result.verdict_by_id["auth.read.401"] is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_index_without_its_root_fails_for_that(status: int) -> None:
    result = judge(SmallIndex(root=status), "simple.root.served", "simple.root.lists-uploads")
    (failed,) = result.of(Verdict.FAILED)
    assert (failed.id, failed.found) == ("simple.root.served", f"status {status}")
    assert result.exit_code is ExitCode.DEVIATES


@pytest.mark.parametrize("forms", [(HTML,), (JSON,), (JSON, HTML)])
def test_a_root_is_found_in_each_form(forms: tuple[str, ...]) -> None:
    result = judge(SmallIndex(forms=forms), "simple.root.served", "simple.root.lists-uploads", named=False)
    assert set(result.verdict_by_id.values()) == {Verdict.PASSED}
    assert result.summary.projects == ("alpha",)


@pytest.mark.parametrize(
    ("anchor", "verdict"),
    [
        ('<a href="alpha/index.html">alpha</a>', Verdict.PASSED),
        ('<a href="alpha/index.html">Alpha</a>', Verdict.PASSED),
        ('<a href="alpha/index.html">alpha/</a>', Verdict.FAILED),
        ('<a href="alpha/index.html">beta</a>', Verdict.FAILED),
        ('<a href="beta/index.html">alpha</a>', Verdict.FAILED),
    ],
)
def test_a_link_to_a_file_of_the_folder_leads_to_the_project(anchor: str, verdict: Verdict) -> None:
    page = f"<!DOCTYPE html><html><head><title>index</title></head><body>{anchor}</body></html>"
    found = verdicts(SmallIndex(forms=(HTML,), bodies={ROOT: page}), "simple.html.root.anchor-text")
    assert found["simple.html.root.anchor-text"].verdict is verdict


def test_a_wrong_type_hides_no_form() -> None:
    found = verdicts(SmallIndex(types={JSON: "application/json"}), "negotiation.content-type.truthful")
    assert found["negotiation.content-type.truthful"].verdict is Verdict.FAILED
    assert "application/json" in found["negotiation.content-type.truthful"].found


def test_a_value_of_a_wrong_type_hides_no_feature() -> None:
    rows = ("provenance.json.type", "simple.json.file.requires-python", "simple.json.file.gpg-sig")
    found = verdicts(SmallIndex(forms=(JSON,), bodies={PAGE: ODD_ENTRIES}), *rows)
    deviating = {Verdict.FAILED, Verdict.NOTED}
    assert {name for name, each in found.items() if each.verdict in deviating} == {*rows}


def test_a_page_without_a_version_is_noticed() -> None:
    found = verdicts(SmallIndex(forms=(HTML,)), "simple.html.version-meta", "simple.html.version-meta.format")
    assert [each.verdict for each in found.values()] == [Verdict.WARNED, Verdict.NOT_APPLICABLE]


@pytest.mark.parametrize(
    ("index", "named", "words"),
    [
        (SmallIndex(lists_project=False), False, "lists no project\nName some projects with --project."),
        (SmallIndex(root=404), False, "has no root page: GET "),
        (SmallIndex(page=403), False, "no page of a project was there, of 1 page asked for"),
        (SmallIndex(page=500), True, "expected a page of the project 'alpha', found "),
    ],
)
def test_where_nothing_can_be_seen_nothing_is_judged(index: SmallIndex, *, named: bool, words: str) -> None:
    with pytest.raises(CannotJudge) as refusal:
        judge(index, named=named)
    assert words in str(refusal.value)
    assert refusal.value.exit_code is ExitCode.TOO_LITTLE_JUDGED


def test_files_that_take_a_credential_are_no_deviation() -> None:
    with pytest.raises(CannotJudge) as refusal:
        judge(SmallIndex(private_files=True))
    assert "the files ask for a credential: HEAD " in str(refusal.value)
    assert refusal.value.exit_code is ExitCode.USAGE


def test_pages_without_files_are_too_little_to_judge() -> None:
    result = judge(SmallIndex(files=(), forms=(HTML,)), "simple.html.doctype")
    assert result.exit_code is ExitCode.TOO_LITTLE_JUDGED
    assert result.summary.notes == (
        "No file is listed by alpha: name projects that have files with --project.",
    )


EXPOSED, UNSET, OWN = (
    f"simple.html.requires-python.{name}" for name in ("exposed", "absent-when-unset", "per-file")
)
IN_JSON = "simple.json.file.requires-python"
PLAIN = wheel("alpha", "2.0", requires_python=None)
RIGHT = {WHEEL.filename: " >=3.8", SDIST.filename: ">=3.8"}


def test_requires_python_is_compared_with_the_metadata_inside_files() -> None:
    found = verdicts(SmallIndex(shown=RIGHT), EXPOSED, UNSET, OWN, IN_JSON)
    assert {each.verdict for each in found.values()} == {Verdict.PASSED}
    assert {each.message for each in found.values()} == {"judged by the metadata inside 2 of 2 listed files"}


def test_a_part_of_the_files_is_called_a_part() -> None:
    rows = ("simple.html.hash.correct", "simple.json.file.hashes.correct", "simple.json.file.url")
    found = verdicts(SmallIndex(files=(WHEEL, PLAIN, SDIST)), *rows)
    words = "2 of 3 listed files downloaded, the smallest as far as sizes are known"
    assert {(each.verdict, each.message) for each in found.values()} == {(Verdict.PASSED, words)}
    whole = verdicts(SmallIndex(), *rows)
    assert {each.message for each in whole.values()} == {""}


def test_an_sdist_that_a_build_may_change_is_not_compared() -> None:
    older = sdist("alpha", "1.0", requires_python=">=3.8")
    found = verdicts(
        SmallIndex(files=(WHEEL, older), shown={**RIGHT, older.filename: ">=3.7"}), EXPOSED, IN_JSON
    )
    assert {(each.verdict, each.message) for each in found.values()} == {
        (Verdict.PASSED, "judged by the metadata inside 1 of 2 listed files")
    }


def test_a_value_that_is_left_out_is_allowed() -> None:
    found = verdicts(SmallIndex(shown={SDIST.filename: ">=3.8"}), EXPOSED, UNSET, OWN, IN_JSON)
    deviating = {name: each.found for name, each in found.items() if each.verdict is not Verdict.PASSED}
    assert found[EXPOSED].verdict is Verdict.NOTED
    assert deviating == {EXPOSED: f"{WHEEL.filename} with None, not '>=3.8'"}


def test_a_value_that_no_file_of_the_release_has_is_wrong() -> None:
    shown = {**RIGHT, WHEEL.filename: ">=2.7", PLAIN.filename: ">=3"}
    index = SmallIndex(files=(WHEEL, SDIST), shown=shown)
    found = verdicts(index, EXPOSED, UNSET, OWN, IN_JSON)
    assert found[IN_JSON].verdict is Verdict.FAILED
    assert found[IN_JSON].found == f"{WHEEL.filename} with '>=2.7', not '>=3.8'"
    assert found[EXPOSED].verdict is Verdict.NOTED
    made_up = verdicts(SmallIndex(files=(PLAIN,), shown=shown), EXPOSED, UNSET, OWN, IN_JSON)
    assert made_up[UNSET].verdict is made_up[IN_JSON].verdict is Verdict.FAILED
    assert made_up[UNSET].found == f"{PLAIN.filename} with '>=3', not None"


def test_a_value_of_the_release_is_no_violation() -> None:
    other = static_sdist(">=3.9")
    shown = {WHEEL.filename: ">=3.9", other.filename: ">=3.9"}
    found = verdicts(SmallIndex(files=(WHEEL, other), shown=shown), EXPOSED, UNSET, OWN, IN_JSON)
    assert found[OWN].verdict is Verdict.WARNED
    assert {name for name, each in found.items() if each.verdict is Verdict.PASSED} == {
        EXPOSED,
        UNSET,
        IN_JSON,
    }


@pytest.mark.parametrize("media_type", ["", "text/plain"])
@pytest.mark.parametrize("form", [HTML, JSON])
def test_a_type_that_is_missing_or_wrong_hides_no_row(form: str, media_type: str) -> None:
    rows = {HTML: "simple.html.detail.href", JSON: "simple.json.detail.files"}
    found = verdicts(
        SmallIndex(types={form: media_type}), "negotiation.content-type.truthful", *rows.values()
    )
    assert found["negotiation.content-type.truthful"].verdict is Verdict.FAILED
    assert {found[row].verdict for row in rows.values()} == {Verdict.PASSED}


HREF = "simple.html.root.href"


@pytest.mark.parametrize(
    ("root", "verdict"),
    [
        ("<!DOCTYPE html><a href='/simple/alpha/'>alpha</a>", Verdict.PASSED),
        ("<!DOCTYPE html><a href='/simple/alpha/'>the first letter</a>", Verdict.UNTESTABLE),
        ("<!DOCTYPE html><a href='/other/'>alpha</a>", Verdict.FAILED),
    ],
)
def test_a_root_without_a_known_project_is_not_passed(root: str, verdict: Verdict) -> None:
    assert verdicts(SmallIndex(bodies={ROOT: root}, forms=(HTML,)), HREF)[HREF].verdict is verdict


def test_a_root_may_link_to_a_document_below_the_name() -> None:
    root = "<!DOCTYPE html><a href='/simple/alpha/index.html'>alpha</a>"
    row = "simple.html.root.anchor-text"
    assert verdicts(SmallIndex(bodies={ROOT: root}, forms=(HTML,)), row)[row].verdict is Verdict.PASSED


PLAIN_ANCHORS = "simple.html.anchor-syntax-plain"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_end_of_a_line_in_a_name_is_no_syntax_of_an_anchor(end: str) -> None:
    """What parsers of HTML5 make of it is the same for all, and not what older ones make of it."""
    page = f"<!DOCTYPE html><a href='/files/a{end}b-1.0.tar.gz'>a{end}b-1.0.tar.gz</a>"
    found = verdicts(SmallIndex(bodies={PAGE: page}, forms=(HTML,)), PLAIN_ANCHORS)
    assert found[PLAIN_ANCHORS].verdict is Verdict.PASSED, found[PLAIN_ANCHORS].message


ALIAS = "simple.json.file.dist-info-metadata.alias"


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ({"dist-info-metadata": True}, Verdict.PASSED),
        ({"dist-info-metadata": False}, Verdict.PASSED),
        ({"dist-info-metadata": True, "core-metadata": True}, Verdict.PASSED),
        ({"dist-info-metadata": True, "core-metadata": False}, Verdict.NOTED),
        ({"dist-info-metadata": False, "core-metadata": True}, Verdict.NOTED),
    ],
)
def test_two_keys_are_compared_where_both_are_there(keys: dict[str, bool], verdict: Verdict) -> None:
    other = {"filename": SDIST.filename, "url": "/files/x", "hashes": {}, "core-metadata": True}
    odd = {"filename": WHEEL.filename, "url": f"/files/{WHEEL.filename}", "hashes": {}} | keys
    page = json.dumps({"meta": {"api-version": "1.0"}, "name": "alpha", "files": [odd, other]})
    found = verdicts(SmallIndex(bodies={PAGE: page}, forms=(JSON,)), ALIAS)
    assert found[ALIAS].verdict is verdict, found[ALIAS].message
