"""The report at the end of a run: the worst first, in about forty lines, at any width."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import Harm, catalogue
from conformance.commands import main
from conformance.report.blocks import NAMED, Page
from conformance.report.changes import with_changes
from conformance.report.check_result import CLAIMED_FEATURES
from conformance.report.terminal import LISTED, ROOM, as_text, print_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.report.result import RunResult

MUST = [row.id for row in catalogue() if row.level == "MUST" and not row.untested]
CONTROLS = re.compile(r"\x1b|\x07")


class Terminal(io.StringIO):
    """A terminal, as far as rich asks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def forty_failures(table: Any) -> RunResult:
    for name in MUST[:40]:
        table.add(name, "failed", found="a line that was found\n" * 12)
    return table.add("http.pages.gzip", "not applicable").stored()  # type: ignore[no-any-return]


def printed(result: RunResult, **how: Any) -> str:
    file = io.StringIO()
    print_report(result, file, **how)
    return file.getvalue()


def findings(text: str) -> list[str]:
    """Return the ids that have a block of their own, in order."""
    return re.findall(r"^(?:FAILED|WARNED|NOTED)  (\S+)", text, re.MULTILINE)


def test_forty_failures_take_forty_lines(table: Any) -> None:
    text = printed(forty_failures(table))
    shown, listed = text.split(" more:\n")
    assert len(shown.splitlines()) <= ROOM + 2
    assert len(re.findall(r"^  failed  \S+", listed, re.MULTILINE)) == LISTED
    assert f"and {40 - len(findings(text)) - LISTED} more" in listed
    assert "… and 9 more lines" in shown


def test_on_request_all_of_them_are_shown_in_full(table: Any) -> None:
    text = printed(forty_failures(table), verbose=True)
    assert len(findings(text)) == 40
    assert text.count("a line that was found") == 12 * 40
    assert "not applicable: http.pages.gzip" in text
    assert text == as_text(table.stored())


def test_what_harms_people_most_comes_first(table: Any) -> None:
    names = {
        harm: next(each.id for each in catalogue() if each.level == "MUST" and each.harm is harm)
        for harm in Harm
    }
    for harm in reversed(Harm):
        table.add(names[harm], "failed")
    table.add("upload.status-200", "warned")
    text = printed(table.stored(), verbose=True)
    assert findings(text) == [*(names[harm] for harm in Harm), "upload.status-200"]
    assert re.search(rf"^FAILED  {names[Harm.UNSAFE]} .*, unsafe$", text, re.MULTILINE)
    assert re.search(rf"^FAILED  {names[Harm.DATA_LOSS]} .*, loses data$", text, re.MULTILINE)


def test_a_cause_is_as_bad_as_the_harm_that_follows_from_it(table: Any) -> None:
    """An overwritten file is a loss, under whichever rule its upload had to be refused."""
    table.add("http.head", "failed")
    table.add("gitlab.duplicate.message", "failed")
    table.add("gitlab.duplicate.keeps-first", "failed", cause="gitlab.duplicate.message")
    table.add("simple.root.served", "failed")
    causes = [each.id for each in table.stored().causes()]
    assert causes == ["gitlab.duplicate.message", "http.head", "simple.root.served"]


def test_a_cause_is_no_worse_for_checks_that_find_it_once_more(table: Any) -> None:
    """A race loses files; one that looks for them under a name that is never served has lost none."""
    table.add("simple.name.normalization", "failed")
    table.add("race.case-and-separator", "failed", cause="simple.name.normalization")
    table.add("simple.root.served", "failed")
    for name in ("simple.html.doctype", "security.header.injection"):
        table.add(name, "failed", cause="simple.root.served")
    table.add("upload.dup.different", "failed")
    causes = [each.id for each in table.stored().causes()]
    assert causes == ["upload.dup.different", "simple.root.served", "simple.name.normalization"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_lines_are_wrapped_at_the_width_of_the_terminal(
    columns: int, terminal: Terminal, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    table.add(
        "upload.dup.different", "failed", found="word " * 100 + "https://registry.example.com/" + "x" * 300
    )
    print_report(table.stored(), terminal, verbose=True)
    block = terminal.getvalue().split("\n\n")[0].splitlines()[2:]
    assert max(map(len, block)) <= columns
    assert sum(line.count("word") for line in block) == 100


def test_a_file_has_long_lines(table: Any) -> None:
    table.add("upload.dup.different", "failed", found="word " * 100)
    assert ("word " * 100).strip() in printed(table.stored())


def test_no_color_is_obeyed(terminal: Terminal, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = table.add("upload.dup.different", "failed").stored()
    print_report(result, terminal)
    assert CONTROLS.search(terminal.getvalue())
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    print_report(result, plain)
    assert not CONTROLS.search(plain.getvalue())


def test_a_registry_cannot_steer_the_terminal(table: Any) -> None:
    table.add("upload.dup.different", "failed", found="\x1b[2J\x07 gone \x9b31m")
    table.add("upload.dup.message", "untestable", message="answered \x1b[31m")
    text = printed(table.stored(), verbose=True)
    assert "\\x1b[2J\\x07 gone \\x9b31m" in text
    assert "answered \\x1b[31m" in text


def test_square_brackets_are_no_markup(table: Any) -> None:
    result = table.add("upload.dup.different", "failed", found="[red]x[/nothing]").stored()
    text = printed(result, next_steps={"explain result[gitlab].json [/x]": "what it asks for"})
    assert "[red]x[/nothing]" in text
    assert "explain result[gitlab].json [/x]" in text


def test_a_plain_report_has_no_codes(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not CONTROLS.search(as_text(table.add("upload.dup.different", "failed").stored()))


def test_the_one_reason_of_what_is_untestable_is_shown(table: Any) -> None:
    table.add("upload.dup.different", "untestable", message="there is no credential")
    assert "untestable: upload.dup.different: there is no credential" in printed(table.stored())
    table.add("upload.dup.identical", "untestable", message="there is no credential")
    assert "untestable: 2 requirements: there is no credential" in printed(table.stored())


def test_what_is_untestable_because_of_another_is_counted_where_that_is_missing(table: Any) -> None:
    """It stands under its cause, unless `-k` has left that out."""
    lost = "json: claimed, and not found; see simple.claimed-features"
    table.add("simple.json.meta", "untestable", message=lost, cause=CLAIMED_FEATURES)
    line = f"untestable: simple.json.meta: {lost}"
    assert line in printed(table.stored())
    table.add(CLAIMED_FEATURES, "failed")
    text = printed(table.stored())
    assert line not in text
    assert CLAIMED_FEATURES in text.partition("simple.json.meta")[0]


def test_what_is_untestable_for_several_reasons_is_counted(table: Any) -> None:
    table.add("upload.dup.different", "untestable", message="there is no credential")
    result = table.add("upload.dup.identical", "untestable", message="there is no time").stored()
    text = printed(result)
    assert "2 requirements untestable; --verbose says why." in text
    assert "there is no credential" not in text
    assert "there is no credential" in printed(result, verbose=True)


def test_an_error_of_ours_does_no_harm(table: Any) -> None:
    unsafe = next(each.id for each in catalogue() if each.harm is Harm.UNSAFE)
    result = table.add(unsafe, "error", message="ValueError: ours").stored()
    assert not result.results[0].does_harm


def test_consequences_stand_under_their_cause(table: Any) -> None:
    cause, *others = MUST[: NAMED + 3]
    table.add(cause, "failed")
    for each in others:
        table.add(each, "failed", cause=cause)
    text = printed(table.stored(), verbose=True)
    assert findings(text) == [cause]
    assert f"causes   {len(others)} more failed: " in text
    assert all(each in text for each in sorted(others)[:NAMED])
    assert "and 2 more" in text


def test_what_changed_since_an_earlier_result_is_shown(table: Any) -> None:
    earlier = table.add("upload.dup.different", "passed").stored()
    table.rows.clear()
    later = with_changes(table.add("upload.dup.different", "failed").stored(), earlier)
    assert "Since run abcdefgh:\n  regressed     upload.dup.different  passed → failed" in printed(later)


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], ["explain simple.html.doctype", "run with --verbose, or --json result.json"]),
        (["--json", "r.json"], ["script r.json simple.html.doctype", "report r.json -o report.html"]),
        (["--report", "html=r.html"], ["open r.html"]),
    ],
)
def test_a_run_says_what_can_be_done_next(
    arguments: list[str], steps: list[str], run_of: Callable[..., str]
) -> None:
    following = run_of(*arguments).partition("Next: ")[2]
    assert all(step in following for step in steps)


@pytest.fixture
def run_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Any
) -> Callable[..., str]:
    """Return what `run` prints of a registry without a doctype."""
    result = table.add("simple.html.doctype", "failed").stored()
    monkeypatch.setattr("conformance.run.checks_run.run_checks", lambda *_, **__: result)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        assert main.main(["run", *arguments]) == 1
        return capsys.readouterr().out

    return run


def test_texts_are_short_only_where_they_have_to_be() -> None:
    long = "\n".join(map(str, range(20)))
    assert Page().wrapped(long, "found") == long.splitlines()
    assert Page(brief=True).wrapped(long, "found") == ["0", "1", "2", "… and 17 more lines"]


@pytest.mark.parametrize(("width", "uses"), [(60, 0), (90, 1), (120, 2)])
def test_a_next_step_is_a_line_at_any_width(
    width: int, uses: int, table: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    steps = {"open report.html": "u" * 30, f"explain {'x' * 40}": "u" * 40}
    print_report(table.add(MUST[0], "passed").stored(), terminal, next_steps=steps)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in terminal.getvalue().splitlines()]
    found = [line for line in lines if line.startswith(("Next: open", "      explain"))]
    assert len(found) == 2
    assert sum("uuu" in line for line in found) == uses
    assert all(len(line) <= width for line in found)


def test_known_failures_have_a_line_each_unless_all_is_asked_for(table: Any) -> None:
    said = "Listed in the baseline: target-bug, owner packages\nall the rest"
    table.add("simple.html.doctype", "failed").add("simple.root.served", "known", message=said)
    text = printed(table.stored())
    assert findings(text) == ["simple.html.doctype"]
    assert "\nKNOWN  simple.root.served  target-bug, owner packages\n" in text
    assert "all the rest" not in text
    assert "KNOWN  simple.root.served  MUST" in printed(table.stored(), verbose=True)


def test_some_of_many_known_failures_are_listed(table: Any) -> None:
    for name in MUST[: LISTED + 2]:
        table.add(name, "known")
    text = printed(table.stored())
    assert len(re.findall("^KNOWN ", text, re.MULTILINE)) == LISTED
    assert "and 2 more known failures" in text


def test_a_cause_that_is_known_is_explained_where_what_follows_is_not(table: Any) -> None:
    table.add("simple.root.served", "known").add("simple.html.doctype", "failed", cause="simple.root.served")
    assert "KNOWN  simple.root.served  MUST" in printed(table.stored())


def test_no_next_step_is_about_a_failure_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    table.exit_code = 0
    result = table.add("simple.html.doctype", "known").stored()
    monkeypatch.setattr("conformance.run.checks_run.run_checks", lambda *_, **__: result)
    monkeypatch.chdir(tmp_path)
    assert main.main(["run", "--json", "r.json"]) == 0
    following = capsys.readouterr().out.partition("Next: ")[2]
    assert "report r.json" in following
    assert "explain" not in following
    assert "script" not in following


def test_the_table_has_whole_words_on_eighty_columns(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, verdict in {
        "attestation.upload.malformed": "untestable",
        "negotiation.json": "not applicable",
        "simple.html.doctype": "failed",
        "simple.root.served": "noted",
        "simple.html.valid-html5": "warned",
        "upload.dup.different": "error",
        "http.head": "passed",
    }.items():
        table.add(name, verdict)
    text = printed(table.stored()).partition(" area ")[2]
    shown = text.partition("untestable:")[0]
    assert "…" not in shown
    assert {"attestation", "negotiation", "untestable", "applicable", "error"} <= set(shown.split())


@pytest.mark.parametrize("times", [1, 2])
def test_a_hung_up_connection_leads_to_the_log_of_the_registry(times: int, table: Any) -> None:
    message = "POST / got no answer: Remote end closed connection without response"
    for name in ("simple.html.doctype", "simple.root.served")[:times]:
        table.add(name, "error", message=message)
    assert printed(table.stored()).count("ends its connection, too: see its log.") == 1
