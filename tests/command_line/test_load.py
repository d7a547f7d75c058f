"""`registry-conformance load`, with Locust's processes and without."""

from __future__ import annotations

import argparse
import json
import re
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from conformance.commands import load
from conformance.commands.load import MIXES, a_rate, add, seconds
from conformance.commands.main import main
from conformance.errors import ExitCode, UserError
from conformance.load import ports
from conformance.load.behaviours import BEHAVIOURS
from conformance.load.mixes import mix, mixes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("2m", 120), ("1h30m", 5400), ("0.5s", 0.5)]
)
def test_a_time_is_read(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "m", "2x", "-1"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


def test_every_mix_has_known_behaviours_and_publishes() -> None:
    assert set(mixes()) <= set(re.findall(r"\w+", MIXES))
    for name in mixes():
        assert set(mix(name)) <= BEHAVIOURS.keys()
        assert "twine" in mix(name)


def test_a_registry_elsewhere_is_not_put_under_load_without_consent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["load", "https://registry.example.com/api/v4/projects/1/packages/pypi"]) == 2
    assert "--i-own-this-registry" in capsys.readouterr().err


def test_a_worker_has_to_know_its_master(capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://127.0.0.1:9/api/v4/projects/1/packages/pypi"
    assert main(["load", url, "--username", "u", "--password", "p", "--worker"]) == 2
    assert "--master-host" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "1e99"])
def test_what_is_no_rate_of_arrivals_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        a_rate(text)


@pytest.mark.parametrize(
    ("option", "number"),
    [
        ("--web", "99999"),
        ("--web", "0"),
        ("--master-port", "99999"),
        ("--master-port", "x"),
        ("--users", "99999999999"),
        ("--users", "9" * 5000),
        ("--processes", "99999"),
    ],
)
def test_a_number_beyond_its_limits_is_refused(
    option: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args([option, number])
    assert ended.value.code == 2
    assert f"argument {option}: expected a whole number from 1 to " in capsys.readouterr().err


def _begins(*_: object) -> NoReturn:
    raise AssertionError("the load began")


@pytest.mark.parametrize(("option", "master"), [("--web", []), ("--master-port", ["--master"])])
def test_a_port_that_is_taken_is_refused_before_the_load(
    option: str, master: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_judged", _begins)
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["load", *master, option, port]) == 2
    error = capsys.readouterr().err
    assert f"port {port} cannot be listened on" in error
    assert f"another {option}" in error


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--web", "PORT"], "Give another --web."),
        (["--master", "--master-host", "127.0.0.1", "--master-port", "PORT"], "another --master-port."),
        (["--processes", "2"], "Run the load again"),
    ],
)
def test_a_port_that_is_taken_before_locust_listens_is_an_error_in_two_lines(
    options: list[str],
    hint: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "require_free_port", lambda *_, **__: None)
    path = tmp_path / "result.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(ports, "free_port", lambda: int(port))
        given = [port if each == "PORT" else each for each in options]
        assert main(["load", "--time", "2s", "--users", "2", "--json", str(path), *given]) == 2
    written = capfd.readouterr()
    assert f"port {port} cannot be listened on: Address already in use" in written.err
    assert hint in written.err
    assert "Traceback" not in written.out + written.err
    assert json.loads(path.read_text())["summary"]["exit_code"] == 2


@pytest.mark.parametrize(
    "processes", [["--processes", "3"], ["--master", "--expect-workers", "3", "--processes", "1"]]
)
def test_each_process_of_an_open_load_has_room_for_a_client(
    processes: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_judged", _begins)
    assert main(["load", "--arrivals", "9", "--users", "2", *processes]) == 2
    assert "2 clients cannot be shared by 3 processes" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize(
    ("processes", "clients", "open_rate"), [(1, ["--users", "12"], 0), (2, ["--arrivals", "12"], 12)]
)
def test_the_embedded_server_stays_right(
    processes: int,
    clients: list[str],
    open_rate: float,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "result.json"
    options = [*clients, "--time", "3s", "--warm-up", "1s", "--mix", "releases", "--settle", "1"]
    assert main(["load", *options, "--processes", str(processes), "--json", str(path)]) == 0
    result = json.loads(path.read_text())
    figures = result["summary"]["load"]
    assert {each["verdict"] for each in result["results"]} <= {"passed", "untestable"}
    assert (figures["processes"], figures["arrivals"]) == (processes, open_rate)
    assert {each["purpose"] for each in figures["purposes"]} >= {"upload", "page", "file"}
    assert "upload: " in capsys.readouterr().out


def _ends_with(error: UserError) -> Any:
    """Return what drives a load until this error."""

    def drive(*_: object) -> NoReturn:
        raise error

    return drive


def _ended(tmp_path: Path, error: UserError, monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a load that ends with this error, and its result."""
    monkeypatch.setattr(load, "_driven", _ends_with(error))
    path = tmp_path / "result.json"
    options = ["--json", str(path), "--report", f"junit={tmp_path / 'junit.xml'}"]
    exit_code = main(["load", "--ledgers", str(tmp_path / "ledgers"), *options])
    return exit_code, json.loads(path.read_text(encoding="utf-8"))


def test_a_load_that_cannot_begin_is_in_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exit_code, result = _ended(tmp_path, UserError("port 1 cannot be listened on"), monkeypatch)
    assert (exit_code, result["results"]) == (2, [])
    assert "port 1 cannot be listened on" in (tmp_path / "junit.xml").read_text(encoding="utf-8")


def test_a_load_that_breaks_off_keeps_its_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = UserError("the load did not end in time", exit_code=ExitCode.HARNESS_ERROR)
    exit_code, result = _ended(tmp_path, error, monkeypatch)
    assert exit_code == 3
    assert "error" in {each["verdict"] for each in result["results"]}
    assert "the load did not end in time" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
