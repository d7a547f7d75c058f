"""Every format: what its readers need is in it, and what a registry says breaks none of them."""

from __future__ import annotations

import html
import json
import re
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from conformance.catalogue import catalogue
from conformance.report.badge import as_badge
from conformance.report.code_quality import as_code_quality
from conformance.report.formats import FORMATS, MATRIX_FORMATS, Format
from conformance.report.html import as_html
from conformance.report.junit import as_junit
from conformance.report.markdown import as_markdown
from conformance.report.sarif import as_sarif
from conformance.report.terminal import print_report

if TYPE_CHECKING:
    from conformance.report.result import RunResult


@pytest.mark.parametrize("row", [*FORMATS.values(), *MATRIX_FORMATS.values()], ids=lambda row: row.renderer)
def test_every_format_has_a_renderer(row: Format) -> None:
    module, _, function = row.renderer.partition(":")
    assert callable(getattr(import_module(module), function))
    assert row.purpose


def test_the_document_of_reports_lists_every_format() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_result_has_a_report(name: str, table: Any) -> None:
    table.exit_code = 5
    assert FORMATS[name].render(table.stored())


@pytest.mark.parametrize("name", ["html", "junit", "markdown", "sarif"])
def test_what_the_registry_said_is_told(name: str, table: Any) -> None:
    table.add("simple.html.doctype", "failed", "a surprising answer")
    assert "a surprising answer" in FORMATS[name].render(table.stored())


def junit(result: RunResult) -> ET.Element:
    return ET.fromstring(as_junit(result))  # noqa: S314


def test_junit_fails_what_fails_the_run(every_verdict: Any) -> None:
    root = junit(every_verdict.stored())
    outcomes = {case.get("name"): child.tag for case in root.iter("testcase") for child in case}
    assert outcomes == {
        "simple.html.doctype": "failure",
        "simple.html.valid-html5": "failure",
        "simple.html.hash.present": "system-out",
        "gitlab.duplicate.message": "system-out",
        "gitlab.duplicate.refused": "system-out",
        "http.pages.cache-control": "error",
        "http.files.content-type": "skipped",
        "auth.read.basic": "skipped",
        "auth.read.preemptive": "system-out",
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("10", "2", "1")
    assert [suite.get("name") for suite in root] == ["auth", "gitlab", "http", "simple"]


@pytest.mark.parametrize("name", ["html", "junit", "sarif"])
def test_what_the_baseline_says_is_told(name: str, table: Any) -> None:
    table.add("simple.html.doctype", "stale")
    table.rows[0]["message"] = (
        "The baseline lists another failure.\nA statement.\n  expected this\n  found    that"
    )
    assert "The baseline lists another failure." in FORMATS[name].render(table.stored())


def test_markdown_keeps_a_registrys_words_in_code_blocks(every_verdict: Any) -> None:
    text = as_markdown(every_verdict.stored())
    outside, fence = [], ""
    for line in text.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif found := re.match("`{3,}", line):
            fence = found[0]
        else:
            outside.append(line)
    assert not fence
    assert "<script" in text
    assert not any("script" in line or "onerror" in line for line in outside)
    assert len(re.findall("<details(?: open)?>", text)) == text.count("</details>") == 5


def test_markdown_fits_into_a_comment(table: Any) -> None:
    for name in catalogue().requirements:
        table.add(name, "failed", "x" * 5_000)
    text = as_markdown(table.stored())
    assert len(text) < 65_536
    assert re.search(r"And \d+ more: see the full report", text)


def test_code_quality_names_every_deviation(every_verdict: Any) -> None:
    issues = json.loads(as_code_quality(every_verdict.stored()))
    severities = {issue["check_name"]: issue["severity"] for issue in issues}
    assert severities == {
        "simple.html.doctype": "critical",
        "simple.html.valid-html5": "major",
        "simple.html.hash.present": "minor",
        "gitlab.duplicate.message": "info",
        "gitlab.duplicate.refused": "info",
        "auth.read.preemptive": "info",
    }


def test_fingerprints_are_the_same_in_the_next_run(every_verdict: Any) -> None:
    def prints() -> list[str]:
        issues = json.loads(as_code_quality(every_verdict.stored()))
        return [issue["fingerprint"] for issue in issues]

    before = prints()
    every_verdict.rows[0]["message"] = "in other words"
    assert prints() == before
    assert len(set(before)) == len(before)


def test_sarif_suppresses_what_is_known_and_notifies_of_errors(every_verdict: Any) -> None:
    log = json.loads(as_sarif(every_verdict.stored()))
    (run,) = log["runs"]
    assert [each["ruleId"] for each in run["results"] if "suppressions" in each] == [
        "gitlab.duplicate.refused"
    ]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (0, "1 of 1 passed"),
        (1, "0 of 1 failed"),
        (3, "not judged in full"),
        (4, "baseline"),
        (5, "too few"),
    ],
)
def test_the_badge_says_how_it_ended(exit_code: int, words: str, table: Any) -> None:
    table.add("simple.html.doctype", "passed").exit_code = exit_code
    root = ET.fromstring(as_badge(table.stored()))  # noqa: S314
    assert words in (root.get("aria-label") or "")


@pytest.mark.parametrize("verdict", ["passed", "warned"])
def test_a_choice_of_checks_never_conforms(verdict: str, table: Any) -> None:
    """Not even where everything that was chosen passed: that is said of a whole profile."""
    table.add("simple.html.doctype", "passed").add("simple.html.charset", verdict)
    table.add("simple.html.hash.present", "untestable").exit_code = 0
    whole = table.stored()
    choice = msgspec.structs.replace(whole, summary=msgspec.structs.replace(whole.summary, choice=True))
    words = f"2 of 3 judged, {'all passed' if verdict == 'passed' else 'none failed'}"
    terminal = StringIO()
    print_report(choice, terminal)
    reports = {name: FORMATS[name].render(choice) for name in FORMATS} | {"terminal": terminal.getvalue()}
    assert [name for name, text in reports.items() if " conforms" in text] == []
    told = {name for name, text in reports.items() if words in text}
    assert told == {"terminal", "text", "html", "markdown", "junit", "sarif"}
    assert "choice: " in reports["badge"]
    assert " conforms" in FORMATS["markdown"].render(whole)


@pytest.mark.parametrize("name", ["junit", "markdown", "html"])
def test_a_failure_says_how_to_ask_again(name: str, table: Any) -> None:
    asked = f"GET {table.url}/simple/what-was-asked-last/"
    table.add("simple.html.doctype", "failed", exchanges=[table.exchange(), table.exchange(request=asked)])
    report = html.unescape(FORMATS[name].render(table.stored()))
    assert "curl --include --header 'Accept: text/html' --user \"$DEFAULT\"" in report
    assert f"{table.url}/simple/what-was-asked-last/" in report.partition("curl")[2]


@pytest.mark.parametrize("name", ["junit", "markdown"])
def test_the_command_repeats_the_request_that_the_finding_names(name: str, table: Any) -> None:
    asked = table.exchange(request=f"GET {table.url}/simple/what-is-wrong/") | {"number": 7}
    later = table.exchange(request=f"GET {table.url}/simple/what-was-asked-last/") | {"number": 8}
    table.add(
        "simple.html.doctype", "failed", "a page: GET /a/ as default → 200 OK [7]", exchanges=[asked, later]
    )
    report = html.unescape(FORMATS[name].render(table.stored()))
    assert f"{table.url}/simple/what-is-wrong/" in report.partition("curl --include")[2]


@pytest.mark.parametrize("name", ["junit", "markdown"])
def test_no_command_is_shown_where_none_sends_the_request(name: str, table: Any) -> None:
    raw = table.exchange(request="POST /odd (over a plain socket)")
    table.add("simple.html.doctype", "failed", exchanges=[raw])
    assert "POST /odd" not in FORMATS[name].render(table.stored())


def test_the_page_says_why_a_requirement_was_not_judged(table: Any) -> None:
    table.add("simple.html.doctype", "error", message="GET /simple/ got no answer: timed out", exchanges=[])
    top = as_html(table.stored()).partition("<main>")[0]
    assert "why: <code>GET /simple/ got no answer: timed out</code>" in top
