"""The shell completes commands, options and values: what argcomplete answers when a shell asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = {"registry-conformance": "conformance", "reference-server": "reference_server"}


@pytest.fixture
def completions(tmp_path: Path) -> Completions:
    return Completions(tmp_path / "answer")


class Completions:
    """Asks a program for completions as the scripts of argcomplete do."""

    def __init__(self, answer: Path) -> None:
        self.answer = answer

    def __call__(self, line: str) -> list[str]:
        """Return what the last word of a line can be."""
        environment = {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(self.answer),
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        }
        self.answer.write_bytes(b"")
        command = [sys.executable, "-m", PROGRAMS[line.split(maxsplit=1)[0]]]
        subprocess.run(command, env=os.environ | environment, check=True, stderr=subprocess.DEVNULL)
        return sorted(self.answer.read_text("utf-8").split("\n"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("registry-conformance expl", ["explain"]),
        ("registry-conformance explain yank.html.r", ["yank.html.reason"]),
        (
            "registry-conformance script result.json yank.still-",
            ["yank.still-downloadable", "yank.still-listed"],
        ),
        ("registry-conformance run --profile p", ["pep503-upload", "pypi"]),
        ("registry-conformance run --layout root+", ["root+simple"]),
        ("registry-conformance run --set 2026.", ["2026.11"]),
        ("registry-conformance run -k yank.html.r", ["yank.html.reason"]),
        ("registry-conformance run --max-", ["--max-megabytes", "--max-requests", "--max-time"]),
        ("registry-conformance report --format cod", ["codequality"]),
        ("registry-conformance clients --fault truncated-d", ["truncated-downloads"]),
        ("registry-conformance baseline pr", ["prune"]),
        ("reference-server gitlab-pr", ["gitlab-project"]),
        ("reference-server serve --flavour gitlab+j", ["gitlab+json"]),
        ("reference-server serve --fault truncated-d", ["truncated-downloads"]),
        ("reference-server proxy --fault truncated-d", ["truncated-downloads"]),
    ],
)
def test_a_word_is_completed(line: str, found: list[str], completions: Completions) -> None:
    assert completions(line) == found


def test_every_requirement_is_offered(completions: Completions) -> None:
    assert completions("registry-conformance explain ") == sorted(catalogue().requirements)


def test_an_area_selects_checks(completions: Completions) -> None:
    assert {"yank", "yank.reason"} < set(completions("registry-conformance run -k yan"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_script_of_a_shell_is_printed(program: str, shell: str) -> None:
    command = [sys.executable, "-m", PROGRAMS[program], "completion", shell]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "_ARGCOMPLETE" in script
    assert program in script
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=script, text=True, check=True)


def test_bash_completes_by_the_script() -> None:
    bash = shutil.which("bash")
    assert bash
    program = 'eval "$("$PYTHON" -m conformance completion bash)"; complete -p registry-conformance'
    done = subprocess.run(
        [bash, "--norc", "-c", program],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_python_argcomplete registry-conformance" in done.stdout
