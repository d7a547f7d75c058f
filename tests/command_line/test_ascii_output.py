"""Every command of both programs prints what it has to say where standard output knows ASCII only."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from conformance.commands import main as suite
from reference_server.commands import main as server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = [name for group in suite.COMMANDS.values() for name in group]
ABSENT = "http://127.0.0.1:1/api/v4/projects/1/packages/pypi"
"""A registry that is not there. Its errors are printed."""

USES = {
    "init": ["init", "{folder}/registry.toml"],
    "doctor": ["doctor", ABSENT],
    "run": ["run", "--plan"],
    "load": ["load", "https://registry.example.com/\u2603"],
    "replay": ["replay", "{result}", ABSENT],
    "sweep": ["sweep", ABSENT, "--ledgers", "{folder}/sn\u00f6w\u2603"],
    "ci": ["ci", "--help"],
    "report": ["report", "{result}"],
    "compare": ["compare", "{result}", "{result}"],
    "matrix": ["matrix", "{result}"],
    "script": ["script", "{result}"],
    "baseline": ["baseline", "write", "{result}", "--output", "{folder}/baseline.toml"],
    "upgrade": ["upgrade", "{result}"],
    "list": ["list"],
    "explain": ["explain", "simple.name.normalization"],
    "schema": ["schema", "result"],
    "clients": ["clients", "--fault", "\u2603"],
    "completion": ["completion", "zsh"],
    "new": ["new", "\u2603"],
}
"""An ordinary use of each command, or a mistake that repeats what was typed."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a short run."""
    path = tmp_path_factory.mktemp("ascii") / "result.json"
    assert printed(suite.main, "run", "-k", "simple.html.doctype", "--json", str(path))[0] in {0, 1, 5}
    return path


def printed(main: Callable[[list[str]], int], *arguments: str) -> tuple[int, str]:
    """Run a command with ASCII-only output; return its exit code and what it printed."""
    before = (sys.stdout, sys.stderr)
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True) for _ in before]
    sys.stdout, sys.stderr = streams
    try:
        code = main([*arguments])
    except SystemExit as end:  # argparse's own way
        code = int(end.code or 0)
    finally:
        sys.stdout, sys.stderr = before
    return code, b"".join(stream.buffer.getvalue() for stream in streams).decode()


@pytest.fixture(params=[*NAMES, "serve", "proxy", "faults", ""])
def helped(request: pytest.FixtureRequest) -> tuple[int, str]:
    program = server.main if request.param in server.COMMANDS else suite.main
    return printed(program, *filter(None, [request.param]), "--help")


def test_help_is_printed(helped: tuple[int, str]) -> None:
    code, text = helped
    assert code == 0
    assert text.startswith("usage: ")


def test_every_command_has_a_use() -> None:
    assert set(USES) == set(NAMES)


@pytest.mark.parametrize("name", USES)
def test_a_command_of_the_suite_prints(name: str, result: Path, tmp_path: Path) -> None:
    arguments = [word.format(folder=tmp_path, result=result) for word in USES[name]]
    code, text = printed(suite.main, *arguments)
    assert code in {0, 1, 2, 3, 5}
    assert text
    assert "internal error" not in text
    assert "UnicodeEncodeError" not in text


@pytest.mark.parametrize(
    "arguments",
    [["faults"], ["serve", "--flavour", "\u2603"], ["proxy", "http://127.0.0.1:1", "--fault", "\u2603"]],
)
def test_a_command_of_the_server_prints(arguments: list[str]) -> None:
    code, text = printed(server.main, *arguments)
    assert code in {0, 2}
    assert text
    assert "internal error" not in text
