"""What changed between two results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance.commands import main
from conformance.report.change import Kind
from conformance.report.changes import as_lines, since, with_changes
from conformance.report.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.change import Since

MUST, SHOULD = "upload.dup.different", "upload.status-200"
OTHER = {"signature": "ba9876543210"}


def changed(table: Any, before: tuple[str, Any], after: tuple[str, Any], name: str = MUST) -> Since:
    results = []
    for verdict, more in (before, after):
        table.rows.clear()
        results.append(table.add("simple.html.doctype", "passed").add(name, verdict, **more).stored())
    return since(*results)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (("passed", {}), ("passed", {}), None),
        (("passed", {}), ("failed", {}), Kind.REGRESSED),
        (("warned", {}), ("failed", {}), Kind.REGRESSED),
        (("failed", {}), ("passed", {}), Kind.FIXED),
        (("failed", {}), ("failed", {}), None),
        (("failed", {}), ("failed", OTHER), Kind.DIFFERENT),
        (("known", {}), ("failed", {}), None),
        (("failed", {}), ("known", {}), None),
        (("known", {}), ("stale", {}), Kind.FIXED),
        (("known", {}), ("stale", OTHER), Kind.DIFFERENT),
        (("passed", {}), ("known", {}), Kind.REGRESSED),
        (("passed", {}), ("error", {}), Kind.UNJUDGED),
        (("failed", {}), ("not applicable", {}), Kind.UNJUDGED),
        (("untestable", {}), ("failed", {}), Kind.JUDGED),
        (("untestable", {}), ("not applicable", {}), None),
    ],
)
def test_each_change_has_a_kind(before: Any, after: Any, kind: Kind | None, table: Any) -> None:
    found = changed(table, before, after)
    assert [each.kind for each in found.changes] == ([kind] if kind else [])
    assert found.both == 2


def test_what_a_baseline_lists_of_a_recommendation_is_a_warning(table: Any) -> None:
    assert changed(table, ("known", {}), ("warned", {}), SHOULD).changes == ()


def test_requirements_of_one_result_only_are_new_or_gone(table: Any) -> None:
    one = table.add(MUST, "passed").stored()
    table.rows.clear()
    other = table.add(SHOULD, "warned").stored()
    assert as_lines(since(one, other)) == [
        f"new           {SHOULD}     absent → warned",
        f"gone          {MUST}  passed → absent",
        "1 new, 1 gone, of 0 requirements in both results",
    ]


def test_the_worst_comes_first_and_the_rest_is_counted(table: Any) -> None:
    names = [MUST, SHOULD, "simple.html.doctype"]
    results = []
    for verdicts in (("failed", "passed", "passed"), ("passed", "passed", "failed")):
        table.rows.clear()
        for name, verdict in zip(names, verdicts, strict=True):
            table.add(name, verdict)
        results.append(table.stored())
    found = since(*results)
    assert [each.id for each in found.changes] == ["simple.html.doctype", MUST]
    assert as_lines(found, most=1) == [
        "regressed     simple.html.doctype  passed → failed",
        "and 1 more",
        "1 regressed, 1 fixed, of 3 requirements in both results",
    ]


def test_what_one_result_lacks_is_only_counted_in_a_short_list(table: Any) -> None:
    """A choice of checks lacks hundreds."""
    one = table.add(MUST, "passed").add(SHOULD, "passed").stored()
    table.rows.clear()
    found = since(one, table.add(MUST, "failed").stored())
    assert as_lines(found, most=8) == [
        f"regressed     {MUST}  passed → failed",
        "1 regressed, 1 gone, of 1 requirement in both results",
    ]


@pytest.mark.parametrize("name", ["text", "html", "markdown"])
def test_reports_say_what_changed(name: str, table: Any) -> None:
    earlier = table.add(MUST, "passed").stored()
    table.rows.clear()
    later = table.add(MUST, "failed").stored()
    words = "1 regressed, of 1 requirement in both results"
    assert words not in FORMATS[name].render(later)
    assert words in FORMATS[name].render(with_changes(later, earlier))


def test_a_report_of_a_stored_result_can_say_it(
    table: Any, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    paths = []
    for verdict in ("passed", "failed"):
        table.rows.clear()
        paths.append(tmp_path / f"{verdict}.json")
        paths[-1].write_text(json.dumps(table.add(MUST, verdict).as_json()), encoding="utf-8")
    assert main.main(["report", str(paths[1]), "--format", "text", "--since", str(paths[0])]) == 0
    assert "regressed" in capsysbinary.readouterr().out.decode()
    assert main.main(["compare", *map(str, paths)]) == 0
    assert f"regressed     {MUST}  passed → failed" in capsysbinary.readouterr().out.decode()


def test_another_registry_is_named(table: Any) -> None:
    earlier = table.add(MUST, "passed").stored()
    table.url = "https://other.example.com/api/v4/projects/1/packages/pypi"
    assert since(earlier, table.stored()).elsewhere == f" at another registry, {earlier.target.url}"
    assert since(earlier, earlier).elsewhere == ""


def test_a_result_without_verdicts_is_nothing_to_compare_with(
    table: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "empty.json", tmp_path / "result.json"]
    for path in paths:
        path.write_text(json.dumps(table.as_json()), encoding="utf-8")
        table.add(MUST, "passed")
    assert main.main(["report", str(paths[1]), "--since", str(paths[0])]) == 2
    assert "has no verdicts to compare with" in capsys.readouterr().err
