"""What a run leaves in its file: before, when it cannot judge, and when it dies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance.finish import write_refusal, write_sentinel
from conformance.options import RunOptions
from conformance.preparation import CannotJudge
from conformance.report.reading import BadResult, read_finished
from conformance.target import target_from_table
from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

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
    reason = CannotJudge("it refuses canary-password", ExitCode.TOO_LITTLE_JUDGED)
    write_refusal(path, TARGET, OPTIONS, reason)
    table = read(path)
    assert table["finished"] is not None
    assert table["summary"]["exit_code"] == 5
    assert table["summary"]["notes"] == ["it refuses ***"]


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sentinel(None, TARGET, OPTIONS)
    write_refusal(None, TARGET, OPTIONS, CannotJudge("x", ExitCode.USAGE))
    assert list(tmp_path.iterdir()) == []
