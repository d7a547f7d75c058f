"""Errors as a user sees them: one line and the next step; a crash leaves its traceback where only they can read it."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.commands import explain, list_
from conformance.commands.main import main
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

PASSWORD = "kanari-0123456789"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("REGISTRY_CONFORMANCE_DEBUG", raising=False)


def failing(error: BaseException) -> object:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_an_error_is_one_line_and_the_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = UserError("it is closed", "Open it.\nThen try again.", ExitCode.TOO_LITTLE_JUDGED)
    monkeypatch.setattr(list_, "run", failing(error))
    assert main(["list"]) == 5
    assert capsys.readouterr().err == "registry-conformance: it is closed\n  Open it.\n  Then try again.\n"
    assert str(error) == "it is closed\nOpen it.\nThen try again."


def test_an_error_needs_no_hint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(list_, "run", failing(UserError("it is closed")))
    assert main(["list"]) == 2
    assert capsys.readouterr().err == "registry-conformance: it is closed\n"


def test_an_interrupted_command_is_no_crash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(list_, "run", failing(KeyboardInterrupt()))
    assert main(["list"]) == 3
    assert capsys.readouterr().err == "registry-conformance: interrupted\n"


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`explain` crashes, with secrets in the message."""
    monkeypatch.setenv("REGISTRY_CONFORMANCE_PASSWORD", PASSWORD)
    message = f"{PASSWORD} and https://me:secret-of-a-url@registry.example.com/"
    monkeypatch.setattr(explain, "run", failing(RuntimeError(message)))


@pytest.mark.usefixtures("crashing")
def test_a_crash_is_one_line_and_its_traceback_is_in_a_file_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", "simple.html.doctype"]) == 3
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("registry-conformance: internal error: RuntimeError: *** and https://***@registry")
    found = re.search(r"the traceback is in (\S+)$", line)
    assert found
    path = Path(found[1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in text
    assert not any(secret in text + line for secret in (PASSWORD, "secret-of-a-url"))


@pytest.mark.usefixtures("crashing")
@pytest.mark.parametrize("by_variable", [False, True])
def test_a_developer_sees_the_traceback(
    by_variable: bool,  # noqa: FBT001 - a parameter of a test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if by_variable:
        monkeypatch.setenv("REGISTRY_CONFORMANCE_DEBUG", "1")
    flags = [] if by_variable else ["--debug"]
    assert main([*flags, "explain", "simple.html.doctype"]) == 3
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback (most recent call last)")
    assert PASSWORD not in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run", "127.0.0.1:8765"], "Begin it with https:// or http://."),
        (
            ["run", "--config", "absent.toml"],
            "Check the path, or write the file with `registry-conformance init`.",
        ),
        (["run", "--baseline", "absent.toml"], "An empty file is a baseline without rows"),
        (["run", "https://registry.example.com"], "give --profile, such as pep503-upload, or --layout"),
        (["doctor"], "set REGISTRY_CONFORMANCE_URL or REGISTRY_CONFORMANCE_CONFIG"),
    ],
)
def test_a_wrong_use_names_the_next_step(
    words: list[str],
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert hint in capsys.readouterr().err
