"""What the document for implementers shows and cannot be typed as it stands: a failure, and a conftest.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.main import main
from reference_server import ReferenceServer

if TYPE_CHECKING:
    import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "implementer.md"
SHOWN = re.compile(r"<!-- failure -->\n```text\n(.*?)```", re.DOTALL)
CONFTEST = re.compile(r"```python\n([^`]*def pytest_configure.*?)```", re.DOTALL)
PORT = "8766"
LIMIT = 600


def test_the_failure_is_shown_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = SHOWN.search(text)
    assert shown
    fault, keyword = re.search(r"--fault (\S+)", text), re.search(r"-k (\S+) --json failed.json", text)
    assert fault
    assert keyword
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with ReferenceServer(faults=[fault[1]]) as server:
        user = ["--username", server.username, "--password", server.password]
        assert main(["run", server.url, *user, "-k", keyword[1]]) == 1
        port = server.origin.rpartition(":")[2]
    printed = capsys.readouterr().out.replace(f":{port}/", f":{PORT}/")
    assert unnumbered(shown[1].strip()) in unnumbered(printed)


def unnumbered(text: str) -> str:
    """Leave out which request of the run it was."""
    return re.sub(r"\[\d+\]", "[]", text)


def test_the_registry_that_the_conftest_starts_is_judged(tmp_path: Path) -> None:
    shown = CONFTEST.search(DOCUMENT.read_text(encoding="utf-8"))
    assert shown
    (tmp_path / "conftest.py").write_text(shown[1], encoding="utf-8")
    command = [
        "-m",
        "pytest",
        "--pyargs",
        "conformance",
        "-k",
        "gitlab.rest",
        "--registry-json",
        "result.json",
    ]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["target"]["embedded"] is False
    assert result["summary"]["judged"]
