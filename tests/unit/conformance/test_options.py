"""Options are declared once: every command, pytest and CI have what is declared, and workers get all of it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from conformance.commands.main import COMMANDS, main, parser
from conformance.run.processes import PER_CPU
from conformance.verdicts import Reason
from conformance.verdicts.baseline import Baseline, Known
from conformance.verdicts.options import OPTIONS, TARGET, RunOptions, options_from, unpacked

from ..words import KEPT_OUT, NOT_NAMES, any_of

NAMES = [name for group in COMMANDS.values() for name in group]
WITHOUT_FLAG = {"shrink", "client_timeout"}
"""Options that only programs set."""


def helped(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit, match="0"):
        main([*command.split(), "--help"])
    return capsys.readouterr().out


def test_every_option_of_a_run_is_declared_or_for_programs_only() -> None:
    declared = {each.name for each in OPTIONS}
    assert {each.name for each in fields(RunOptions)} - declared == WITHOUT_FLAG


@pytest.mark.parametrize("command", ["run", "replay", "doctor", "sweep"])
def test_a_command_has_the_options_that_are_declared_for_it(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = helped(command, capsys, monkeypatch)
    for each in OPTIONS:
        assert (f"{each.flag or each.metavar} " in text) == (command in each.commands), each.name
    for each in (each for each in OPTIONS if command == "run" and command in each.commands):
        assert each.help_text in text


def test_a_plain_pytest_session_has_the_same_options(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "conformance", "--help"]
    ended = subprocess.run(
        command, cwd=tmp_path, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    flags = set(re.findall(r"^  (--registry-[a-z-]+)", ended.stdout, re.MULTILINE))
    assert flags == {each.pytest_flag for each in OPTIONS if each.in_pytest}


def test_the_help_names_units_and_defaults(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = helped("run", capsys, monkeypatch)
    assert (PER_CPU, "four per CPU where the registry is slow" in text) == (4, True)
    assert "stop after N requests in all (default: 10000)" in text
    assert "wait up to SECONDS for a response (default: 30)" in text


@pytest.mark.parametrize("command", ["", *NAMES, "baseline write", "baseline prune", "baseline show"])
def test_the_help_is_plain_english(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = helped(command, capsys, monkeypatch)
    assert any_of((*KEPT_OUT, *NOT_NAMES)).findall(text) == []


def test_every_command_is_in_the_help_with_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for title, group in COMMANDS.items():
        assert f"\n{title}:\n" in text
        for name, module in group.items():
            assert f"\n  {name:<11} {module.SUMMARY}\n" in text


def test_what_is_not_given_has_its_default() -> None:
    given = vars(parser().parse_args(["run", "--seed", "7", "--project", "one", "--project", "two"]))
    assert options_from(given) == RunOptions(seed=7, projects=("one", "two"))
    assert options_from({}, examples=3) == RunOptions(examples=3)
    assert options_from({"examples": 4}, examples=3) == RunOptions(examples=4)
    assert not {each.name for each in TARGET} & given.keys()


def test_a_worker_gets_every_option(tmp_path: Path) -> None:
    row = Known(id="a.b", reason=Reason.SPEC_GAP, signature="x", expires=date(2027, 1, 31))
    options = RunOptions(
        examples=3,
        rate=0.5,
        timeout=1.5,
        shrink=False,
        keep=True,
        projects=("one",),
        ca_bundle=tmp_path / "ca.pem",
        ledger_folder=Path("ledgers"),
        baseline=Baseline({"a.b": row}, tmp_path / "baseline.toml"),
        requirement_set="2026.11",
    )
    assert unpacked(options.packed()) == options
