"""Whatever keeps a job from judging stands in all that it leaves: result, reports, outputs and annotations."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from conformance.commands.ci import REPORTS, RESULT, Job, _judge
from conformance.commands.main import main
from conformance.errors import ExitCode
from conformance.report.formats import FORMATS
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "REGISTRY_CONFORMANCE_"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def require_reports(folder: Path, reason: str) -> None:
    """Require the files of a refused job, and the reason in each."""
    assert reason in json.loads((folder / RESULT).read_text(encoding="utf-8"))["summary"]["notes"][0]
    for name in REPORTS:
        file = FORMATS[name].ci_file
        assert file
        assert reason in (folder / file).read_text(encoding="utf-8"), name
    (issue,) = json.loads((folder / "codequality.json").read_text(encoding="utf-8"))
    assert issue["severity"] == "blocker"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"PASSWORD_VARIABLE": "TOKEN"}, "the variable TOKEN, which should hold the password, is not set"),
        ({"READ_ONLY": "yes"}, "REGISTRY_CONFORMANCE_READ_ONLY is false or true, not"),
        ({"BASELINE": "absent.toml"}, "cannot read absent.toml"),
        ({"SET": "2001.01"}, "there is no set"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else "",
)
def test_a_refused_job_says_why_in_all_that_it_leaves(
    inputs: dict[str, str],
    reason: str,
    *,
    server: ReferenceServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, outputs = tmp_path / "left", tmp_path / "outputs"
    target = {"URL": server.url, "USERNAME": server.username, "PASSWORD": server.password}
    for name, value in {**target, "FOLDER": str(folder), **inputs}.items():
        monkeypatch.setenv(PREFIX + name, value)
    monkeypatch.delenv("TOKEN", raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    monkeypatch.chdir(tmp_path)
    assert main(["ci"]) == 2
    require_reports(folder, reason)
    written = dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())
    assert written["exit-code"] == "2"
    assert written.keys() == {"exit-code", "result", *REPORTS}
    printed = capsys.readouterr()
    (annotation,) = [line for line in printed.out.splitlines() if line.startswith("::error ")]
    assert reason in annotation
    assert reason in printed.err
    assert server.password not in "".join(each.read_text() for each in folder.iterdir() if each.is_file())


def test_a_crash_of_the_run_is_in_the_reports(tmp_path: Path) -> None:
    def crash(words: list[str]) -> int:
        if words[0] == "run":
            print("registry-conformance: internal error", file=sys.stderr)
            return ExitCode.HARNESS_ERROR
        return ExitCode.CONFORMS

    assert _judge(Job(folder=tmp_path), crash) == 3
    require_reports(tmp_path, "internal error")
