"""Every report has what clients could do, and whether that fails the run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
import xmlschema

from conformance.report.client_cells import ClientCell, Outcome
from conformance.report.html import MOST_CLIENTS, as_html
from conformance.report.junit import as_junit
from conformance.report.markdown import LONGEST, as_markdown
from conformance.report.terminal import print_report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.result import RunResult

JUNIT = Path(__file__).with_name("junit.xsd")
TITLES = (
    "publish",
    "again",
    "skip",
    "latest",
    "pinned",
    "hash",
    "deps",
    "yanked",
    "pre",
    "python",
    "lock",
    "sync",
)


def cell(scenario: str, outcome: Outcome, *, client: str = "pip==24.0", **values: Any) -> ClientCell:
    title = scenario.rpartition(".")[2]
    version = client.partition("==")[2]
    return ClientCell(
        client=client, version=version, scenario=scenario, title=title, outcome=outcome, **values
    )


def with_clients(table: Any, cells: Iterable[ClientCell]) -> RunResult:
    table.add("simple.html.doctype", "passed")
    result: RunResult = msgspec.structs.replace(table.stored(), clients=tuple(cells))
    return result


def test_junit_has_a_case_per_client_and_scenario(table: Any) -> None:
    cells = [cell(f"install.{each.name.lower()}", each, message="a reason") for each in Outcome]
    uncounted = cell("publish.skip", Outcome.FAILED, counts=False, message="a reason")
    root = ET.fromstring(as_junit(with_clients(table, [*cells, uncounted])))  # noqa: S314
    (suite,) = [each for each in root if each.get("name") == "clients"]
    assert {case.get("name"): child.tag for case in suite.iter("testcase") for child in case} == {
        "pip==24.0 install.failed": "failure",
        "pip==24.0 install.client": "skipped",
        "pip==24.0 install.not_offered": "skipped",
        "pip==24.0 install.not_applicable": "skipped",
        "pip==24.0 install.untestable": "skipped",
        "pip==24.0 install.error": "error",
        "pip==24.0 publish.skip": "system-out",
    }
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("8", "1", "1")
    assert suite.get("skipped") == "4"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "1", "1")


def test_junit_has_what_a_failing_client_sent_and_printed(table: Any) -> None:
    failed = cell(
        "install.latest", Outcome.FAILED, message="no file", requests=("GET /x/: 404",), output="oh\x00"
    )
    root = ET.fromstring(as_junit(with_clients(table, [failed])))  # noqa: S314
    (failure,) = root.iter("failure")
    assert failure.get("message") == "no file"
    assert failure.text == "no file\nGET /x/: 404\noh\N{REPLACEMENT CHARACTER}"


def test_junit_with_clients_is_what_ci_systems_read(table: Any) -> None:
    cells = [cell(f"install.{each.name.lower()}", each, message="a reason") for each in Outcome]
    xmlschema.XMLSchema(JUNIT).validate(as_junit(with_clients(table, cells)))


def test_junit_of_a_run_without_clients_has_no_suite_of_them(table: Any) -> None:
    assert "clients" not in as_junit(with_clients(table, []))


def test_markdown_has_a_line_per_failure_within_limits(table: Any) -> None:
    long = "```\n# a heading " + "x" * 10_000
    cells = [cell(f"install.{n}", Outcome.FAILED, message=f"{n} {long}") for n in range(30)]
    worked = cell("install.good", Outcome.WORKED)
    text = as_markdown(with_clients(table, [worked, *cells]))
    _, _, clients = text.partition("### Clients\n\n")
    assert "failed: pip 24.0, install.0: 0 ``` # a heading xxx" in clients
    assert "and 18 more" in clients
    assert "install.good" not in clients
    assert len(clients) < LONGEST + 100
    assert "\n# a heading" not in clients


def test_markdown_of_clients_that_work_says_nothing_of_each(table: Any) -> None:
    assert "### Clients" not in as_markdown(with_clients(table, [cell("install.good", Outcome.WORKED)]))


@pytest.mark.parametrize("more", [0, 3])
def test_the_page_says_how_many_explanations_it_leaves_out(more: int, table: Any) -> None:
    cells = [cell(f"install.{n}", Outcome.FAILED, message=str(n)) for n in range(MOST_CLIENTS + more)]
    page = as_html(with_clients(table, cells))
    assert ("And 3 more: the JSON result has them all." in page) is bool(more)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def many() -> list[ClientCell]:
    return [
        cell(f"use.{title}", Outcome.WORKED, client=client)
        for client in ("pipenv==2026.10.3", "pip==26.3")
        for title in TITLES
    ]


def test_a_terminal_gets_the_table_in_parts_that_fit(
    table: Any, many: list[ClientCell], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    printed = Terminal()
    print_report(with_clients(table, many), printed)
    lines = printed.getvalue().splitlines()
    heads = [line.split() for line in lines if line.startswith("client ")]
    assert len(heads) == 2
    assert [title for head in heads for title in head[1:]] == list(TITLES)
    assert [len(line) for line in lines if line.startswith(("client ", "pip")) and len(line) > 80] == []
    assert sum(line.split().count("ok") for line in lines if line.startswith("pip")) == len(many)


def test_a_file_gets_the_table_in_one_part(table: Any, many: list[ClientCell]) -> None:
    printed = io.StringIO()
    print_report(with_clients(table, many), printed, plain=True)
    (head,) = [line for line in printed.getvalue().splitlines() if line.startswith("client ")]
    assert head.split()[1:] == list(TITLES)
