"""A run without a verdict says why in every report that a merge request shows; what many share is said once."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from conformance.catalogue import catalogue
from conformance.errors import ExitCode
from conformance.report.annotations import LONGEST, MOST, commands_stopped, github_annotations
from conformance.report.code_quality import as_code_quality
from conformance.report.junit import as_junit
from conformance.report.markdown import as_markdown
from conformance.report.reasons import why_no_verdict
from conformance.report.result import refused_result
from conformance.report.sarif import as_sarif
from conformance.report.terminal import as_text
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.report.result import RunResult

URL = "https://registry.example.com/simple/"
DOCTOR = """ok       connection: GET /simple/ returned 401 Unauthorized
problem  credential: GET /simple/ returned 401 Unauthorized
         → check user name and password
1 problem found."""
SPENT = "the budget of 60 requests is spent; raise --max-requests"
LISTED = "The baseline lists it (target-bug), but it passes: remove the row with `baseline prune`."
NAMES = ("simple.html.doctype", "simple.html.charset", "simple.html.hash.present")
RENDERERS = (as_code_quality, as_junit, as_markdown, as_sarif)
THIN = "Too few requirements were judged for a verdict: upload 3, expected at least 40."


def issues(result: RunResult) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(as_code_quality(result))
    return found


@pytest.fixture
def refused() -> RunResult:
    return refused_result(URL, "pypi", reason=DOCTOR, exit_code=ExitCode.USAGE)


@pytest.fixture
def spent(table: Any) -> RunResult:
    """A run whose budget was spent before three requirements were judged."""
    for name in NAMES:
        table.add(name, "error", message=SPENT, stopped_by="budget")
    table.exit_code = 5
    return table.stored()  # type: ignore[no-any-return]


@pytest.fixture
def stale(table: Any) -> RunResult:
    """A run in which three requirements pass that the baseline lists."""
    for name in NAMES:
        table.add(name, "stale", message=LISTED)
    table.exit_code = 4
    return table.stored()  # type: ignore[no-any-return]


@pytest.mark.parametrize("render", RENDERERS)
def test_a_refused_run_shows_its_problem(render: Callable[[RunResult], str], refused: RunResult) -> None:
    text = render(refused)
    assert "was not judged" in text
    assert "returned 401 Unauthorized" in text
    assert "check user name and password" in text


def test_code_quality_has_one_blocker_for_a_run_without_a_verdict(
    refused: RunResult, spent: RunResult
) -> None:
    (issue,) = issues(refused)
    assert issue["severity"] == "blocker"
    assert issue["description"] == (
        "The registry was not judged. problem credential: GET /simple/ returned 401 Unauthorized "
        "→ check user name and password"
    )
    (issue,) = issues(spent)
    assert issue["severity"] == "blocker"
    assert f"3 requirements: {SPENT}" in issue["description"]


def test_code_quality_says_that_a_row_is_stale(stale: RunResult) -> None:
    assert {issue["check_name"] for issue in issues(stale)} == {*NAMES}
    assert all(issue["description"].startswith(LISTED) for issue in issues(stale))


def test_code_quality_names_the_cause_of_a_consequence(table: Any) -> None:
    table.add(NAMES[0], "failed").add(NAMES[1], "failed", cause=NAMES[0])
    described = {issue["check_name"]: issue["description"] for issue in issues(table.stored())}
    assert described[NAMES[1]].endswith(f"Follows from {NAMES[0]}.")
    assert "Follows from" not in described[NAMES[0]]


def test_what_many_rows_share_is_said_once(stale: RunResult) -> None:
    for text in (as_markdown(stale), as_text(stale)):
        assert text.count(LISTED) == 1
        assert counted(3, "requirement") in text
        assert all(name in text for name in NAMES)
    assert "curl" not in as_markdown(stale) + as_junit(stale), "nothing is wrong that a request could show"


def test_what_was_not_judged_is_said_once(spent: RunResult) -> None:
    assert "<details" not in as_markdown(spent), "a note of the run names the requirements"
    assert as_text(spent).count(SPENT) == 1


def test_the_counts_stand_in_the_title(table: Any) -> None:
    table.add(NAMES[0], "failed").add(NAMES[1], "warned", cause=NAMES[0])
    title, *_ = as_markdown(table.stored()).splitlines()
    assert title.endswith("does not conform, with 1 failure and 1 warning from 1 cause")


def test_the_worst_is_open_and_what_follows_is_closed(table: Any) -> None:
    table.add(NAMES[0], "failed").add(NAMES[1], "warned", cause=NAMES[0])
    text = as_markdown(table.stored())
    assert f"<details open><summary><b>failed</b> <code>{NAMES[0]}</code>" in text
    assert f"<details><summary><b>warned</b> <code>{NAMES[1]}</code>" in text
    assert text.index("<details") < text.index("| area |")


def test_github_gets_an_annotation_per_cause(table: Any) -> None:
    table.add(NAMES[0], "failed", "100% wrong:\nthis, that").add(NAMES[1], "failed", cause=NAMES[0])
    table.add(NAMES[2], "warned").add("gitlab.duplicate.refused", "known")
    failed, warned = github_annotations(table.stored())
    assert failed.startswith(f"::error title=failed%3A {NAMES[0]}::")
    assert "Found: 100%25 wrong: this, that%0A" in failed
    assert warned.startswith(f"::warning title=warned%3A {NAMES[2]}::")


def test_github_gets_one_annotation_of_what_many_share(
    refused: RunResult, spent: RunResult, stale: RunResult
) -> None:
    (line,) = github_annotations(refused)
    assert line.startswith("::error title=no verdict%3A the registry was not judged::problem credential")
    (line,) = github_annotations(spent)
    assert line.endswith(f"3 requirements: {SPENT}")
    (line,) = github_annotations(stale)
    assert line == f"::error title=stale%3A 3 requirements::{LISTED}"


def test_annotations_are_few_and_short(table: Any, every_verdict: Any) -> None:
    for number in range(MOST + 5):
        table.add(NAMES[0], "failed", "x" * 5_000, id=f"simple.html.row-{number}")
    found = github_annotations(table.stored())
    assert sum(line.startswith("::error ") for line in found) == MOST
    assert all(len(line) < LONGEST + 200 for line in found)
    assert all("\n" not in line and "\r" not in line for line in github_annotations(every_verdict.stored()))


def test_what_a_registry_says_is_no_command_of_github() -> None:
    file = StringIO()
    with commands_stopped(file):
        print("::set-output name=exit-code::0", file=file)
    stopped, printed, resumed = file.getvalue().splitlines()
    token = stopped.removeprefix("::stop-commands::")
    assert len(token) >= 32
    assert token not in printed
    assert resumed == f"::{token}::"


def ended(table: Any, exit_code: int, *reasons: str) -> RunResult:
    """Return a result that ended with this code, for these reasons, which stand among other notes."""
    table.exit_code = exit_code
    result: RunResult = table.stored()
    summary = msgspec.structs.replace(
        result.summary, notes=(*result.summary.notes, *reasons), reasons=reasons
    )
    return msgspec.structs.replace(result, summary=summary)


@pytest.mark.parametrize("render", [*RENDERERS, as_text])
def test_the_reason_of_a_run_stands_beside_its_results(
    render: Callable[[RunResult], str], table: Any
) -> None:
    assert THIN in render(ended(table.add(NAMES[0], "passed"), 5, THIN))


@pytest.mark.parametrize("render", [as_junit, as_sarif])
def test_ci_systems_get_the_reason_of_a_run_as_an_error(
    render: Callable[[RunResult], str], table: Any
) -> None:
    result = ended(table.add(NAMES[0], "passed").add(NAMES[1], "error", message=SPENT), 5, THIN)
    text = render(result)
    assert THIN in text
    assert SPENT in text
    if render is as_junit:
        assert 'tests="3" failures="0" errors="2"' in text
        assert text.count("<error ") == 2
    else:
        (run,) = json.loads(text)["runs"]
        (invocation,) = run["invocations"]
        texts = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
        assert texts == [THIN, SPENT]


def test_only_reasons_explain_a_run_without_a_verdict(table: Any) -> None:
    result = ended(table.add(NAMES[0], "passed"), 5, THIN)
    assert len(result.summary.notes) == 2
    assert why_no_verdict(result) == THIN


def test_an_error_does_not_hide_that_a_run_was_interrupted(table: Any) -> None:
    result = ended(table.add(NAMES[0], "error", message="a bug"), 3, "The run was interrupted.")
    assert why_no_verdict(result) == "The run was interrupted.; 1 requirement: a bug"


def test_what_many_share_ranks_with_the_first_of_them(table: Any) -> None:
    names = [row.id for row in catalogue()]
    for name in names[:60]:
        table.add(name, "warned", "x" * 1_500)
    for name in names[60:63]:
        table.add(name, "stale", message=LISTED, signature="")
    table.exit_code = 4
    text = as_markdown(table.stored())
    assert "more: see the full report" in text
    assert LISTED in text
    assert all(name in text for name in names[60:63])
    assert text.index(LISTED) < text.index(names[0])


def test_annotations_of_what_many_share_are_few_and_in_their_order(table: Any) -> None:
    names = [row.id for row in catalogue()]
    table.add(names[0], "failed")
    for number, name in enumerate(names[1 : 2 * MOST + 9]):
        table.add(name, "stale", message=f"row {number // 2}", signature="")
    found = github_annotations(table.stored())
    assert len(found) == MOST
    assert found[0].startswith("::error title=failed%3A ")
    assert found[1].startswith("::error title=stale%3A 2 requirements::row ")
