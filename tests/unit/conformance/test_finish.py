"""What a run leaves in its file: before, when it cannot judge, and when it dies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from conformance.catalogue import catalogue
from conformance.report.result_file import BadResult, read_finished, write_refusal, write_sentinel
from conformance.run.checks_run import run_checks
from conformance.run.limits import gateway_note, unjudged_notes
from conformance.run.run import CannotJudge, Run
from conformance.run.selection import Selection
from conformance.run.setup import prepare
from conformance.run.tidy import tidy
from conformance.target import target_from_table
from conformance.verdicts import ExitCode
from conformance.verdicts.counting import counted
from conformance.verdicts.options import RunOptions, TrafficLimits
from conformance.wire import BudgetSpent
from conformance.wire.budget import Budget
from reference_server import ReferenceServer
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import ResultTable

TARGET = target_from_table(
    {
        "url": "http://127.0.0.1:1/api/v4/projects/1/packages/pypi",
        "credentials": {"default": {"username": "u", "password": "canary-password"}},
    }
)
OPTIONS = RunOptions(requirement_set="2026.11")


def read(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(path.read_text())
    return table


def test_the_sentinel_takes_the_place_of_an_old_green_result(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text('{"summary": {"exit_code": 0}}')
    write_sentinel(path, TARGET, OPTIONS, run_id="abcdefgh")
    table = read(path)
    assert table["finished"] is None
    assert table["run"] == "abcdefgh"
    assert table["results"] == []
    assert table["summary"]["exit_code"] == 3
    assert table["summary"]["judged"] == 0
    assert table["summary"]["set"] == "2026.11"
    assert "has not finished" in table["summary"]["notes"][0]
    assert list(tmp_path.iterdir()) == [path]


def test_no_later_command_takes_the_sentinel_for_a_result(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_sentinel(path, TARGET, OPTIONS)
    with pytest.raises(BadResult, match="has not finished"):
        read_finished(path)


def test_a_run_that_could_not_judge_says_why(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    reason = "it refuses canary-password"
    write_refusal(path, TARGET, OPTIONS, reason=reason, exit_code=ExitCode.TOO_LITTLE_JUDGED)
    table = read(path)
    assert table["finished"] is not None
    assert table["summary"]["exit_code"] == 5
    assert table["summary"]["notes"] == ["it refuses ***"]


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def prepared(server: ReferenceServer, options: RunOptions) -> Run:
    return prepare(target_from_table(server.target()), options)


def packages(server: ReferenceServer) -> list[Any]:
    return list(server.registry.packages(server.registry.gitlab_project("1")))


def test_a_mistake_of_ours_in_the_set_up_leaves_nothing(server: ReferenceServer, tmp_path: Path) -> None:
    with (
        patch("conformance.run.setup.probe", side_effect=lambda *_: 1 / 0),
        pytest.raises(ZeroDivisionError),
    ):
        prepared(server, RunOptions(ledger_folder=tmp_path))
    assert packages(server) == []
    assert list(tmp_path.iterdir()) == []


def test_files_outside_the_store_are_named_at_the_end(tmp_path: Path) -> None:
    with ReferenceServer(faults=["filenames-read-as-paths"]) as server:
        result = run_checks(
            target_from_table(server.target()),
            RunOptions(ledger_folder=tmp_path),
            Selection(keyword="security.traversal.filename and not star"),
        )
    (note,) = [each for each in result.summary.notes if "outside its store" in each]
    name = rf"conformance_{result.run}_\d+_path"  # names are counted per process
    assert re.search(rf": \.\./{name}-1\.0-py3-none-any\.whl, ", note)
    assert re.search(rf"\.\./tmp/{name}-1\.1-py3-none-any\.whl, ", note)
    assert "nothing" in note


def test_what_is_left_comes_with_the_next_step(server: ReferenceServer, tmp_path: Path) -> None:
    run = prepared(server, RunOptions(ledger_folder=tmp_path))
    with patch.object(run.session, "budget", Budget(TrafficLimits(max_requests=0))):
        note = tidy(run)
    assert "the budget of 0 requests is spent; raise --max-requests. " in note
    assert (
        f"sweep {server.url} --username __token__ --ledgers {tmp_path}` deletes them, with the password in"
        in note
    )
    assert tidy(run).startswith("Deleted ")
    assert packages(server) == []
    assert list(tmp_path.iterdir()) == []


def test_one_thing_is_not_several() -> None:
    assert [counted(number, "known failure") for number in (0, 1, 2)] == [
        "0 known failures",
        "1 known failure",
        "2 known failures",
    ]


def test_a_run_that_only_reads_has_removed_nothing(server: ReferenceServer, tmp_path: Path) -> None:
    server.registry.publish("theirs-1.0-py3-none-any.whl", wheel("theirs", "1.0").content)
    run = prepared(server, RunOptions(ledger_folder=tmp_path, read_only=True))
    assert tidy(run) == ""
    assert len(packages(server)) == 1


@pytest.mark.parametrize(
    ("error", "exit_code", "told"),
    [
        (
            KeyboardInterrupt,
            ExitCode.HARNESS_ERROR,
            "nothing was judged: the run was interrupted\nDeleted 1 package ",
        ),
        (
            BudgetSpent,
            ExitCode.TOO_LITTLE_JUDGED,
            "nothing was judged: out of them\nDeleted 1 package ",
        ),
    ],
)
def test_what_is_broken_off_while_it_publishes_leaves_nothing(
    error: type[BaseException],
    exit_code: ExitCode,
    told: str,
    server: ReferenceServer,
    tmp_path: Path,
) -> None:
    def interrupted(*_: Any) -> None:
        assert len(packages(server)) == 1
        raise error("out of them")

    with patch("conformance.run.door.await_listing", interrupted), pytest.raises(CannotJudge) as raised:
        prepared(server, RunOptions(ledger_folder=tmp_path))
    assert raised.value.exit_code is exit_code
    assert told in str(raised.value)
    assert packages(server) == []
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sentinel(None, TARGET, OPTIONS)
    write_refusal(None, TARGET, OPTIONS, reason="x", exit_code=ExitCode.USAGE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "more"), [(10, []), (13, ["and 3 more"])])
def test_a_note_names_some_of_many_requirements_that_a_limit_stopped(
    number: int, more: list[str], table: ResultTable
) -> None:
    ids = sorted(each.id for each in catalogue())[:number]
    for each in reversed(ids):
        table.add(each, "error", message="the time is over", stopped_by="time")
    (note,) = unjudged_notes(table.stored().results)
    named = ", ".join([*ids[:10], *more])
    assert note == f"{number} requirements not judged, because of time (the time is over): {named}."


def test_a_note_says_where_a_proxy_reached_no_server(table: ResultTable) -> None:
    ids = iter(each.id for each in catalogue())
    for found in ("status 502: Bad Gateway", "HEAD / as default → 504 Gateway Timeout"):
        table.add(next(ids), "failed", message=found)
    table.add(next(ids), "passed", message="status 502")
    table.add(next(ids), "failed", message="status 500 of 502 bytes")
    assert gateway_note(table.stored().results) == ""
    table.add(next(ids), "warned", message="status 502")
    assert "3 requirements deviated where a proxy answered 502 or 504" in gateway_note(table.stored().results)
