"""Judges indexes that others serve, without publishing anything."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

SUITE = (sys.executable, "-m", "conformance")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run of the suite, and what it wrote."""

    process: subprocess.CompletedProcess[str]
    result: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        return {check["id"]: check["verdict"] for check in self.result["results"]}

    @property
    def deviations(self) -> dict[str, str]:
        deviated = {"failed", "warned", "noted"}
        return {
            check["id"]: check["message"] for check in self.result["results"] if check["verdict"] in deviated
        }

    @property
    def exit_codes(self) -> tuple[int, int]:
        return self.process.returncode, self.result["summary"]["exit_code"]


@pytest.fixture(scope="session")
def judge_index(programs: Any) -> Callable[..., Judged]:
    """Run the suite on an index from its command line: its URL, a folder to write to, and names of projects.

    With `checks` it is judged only by those, as with `-k`.
    """

    def judge(url: str, folder: Path, *projects: str, checks: str = "") -> Judged:
        written = folder / "result.json"
        named = [option for name in projects for option in ("--project", name)]
        chosen = ("-k", checks) if checks else ()
        process = programs.run(
            *SUITE, "run", url, "--profile", "index", "--read-only", *named, *chosen, "--json", written
        )
        assert written.exists(), process.stdout + process.stderr
        return Judged(process=process, result=json.loads(written.read_text(encoding="utf-8")))

    return judge


@pytest.fixture(scope="session")
def answers() -> Callable[[str], bool]:
    """Whether anybody answers at a URL."""

    def answers(url: str) -> bool:
        try:
            requests.get(url, timeout=10)
        except requests.ConnectionError:
            return False
        return True

    return answers


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of the test's own for the sessions of pytest within it."""
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
