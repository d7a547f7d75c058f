"""Words of a list stand before, between and after the options of a command, in both programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.commands.parser import MOST_IN_USAGE, CommandParser
from reference_server.commands.main import _Parser

if TYPE_CHECKING:
    import argparse


@pytest.fixture(params=[CommandParser, _Parser])
def parser(request: pytest.FixtureRequest) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = request.param(prog="program")
    command = made.add_subparsers(required=True).add_parser("record")
    command.add_argument("url")
    command.add_argument("requirement", nargs="*")
    command.add_argument("-r", action="append", default=[])
    command.add_argument("-o")
    return made


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("record U", {"requirement": [], "r": [], "o": None}),
        ("record U a b -o F", {"requirement": ["a", "b"], "r": [], "o": "F"}),
        ("record U -r 1 a -r 2 b -o F c", {"requirement": ["a", "b", "c"], "r": ["1", "2"], "o": "F"}),
        ("record -o F U a", {"requirement": ["a"], "r": [], "o": "F"}),
        ("record -o F -- U a -r -o", {"requirement": ["a", "-r", "-o"], "r": [], "o": "F"}),
    ],
)
def test_words_stand_anywhere(
    line: str, expected: dict[str, object], parser: argparse.ArgumentParser
) -> None:
    assert vars(parser.parse_args(line.split())) == {"url": "U"} | expected


@pytest.mark.parametrize("line", ["record", "record U --else", "record U -o"])
def test_a_wrong_line_is_a_mistake_of_usage(
    line: str, parser: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(line.split())
    assert ended.value.code == 2
    assert "See `program record --help`" in capsys.readouterr().err


def test_a_usage_without_many_options_lists_them() -> None:
    command = CommandParser(prog="program run")
    command.add_argument("url", nargs="?", metavar="URL")
    command.add_argument("--keep", action="store_true")
    command.shorten_usage()
    assert command.format_usage() == "usage: program run [-h] [--keep] [URL]\n"


def test_a_usage_with_many_options_has_the_arguments_only() -> None:
    command = CommandParser(prog="program run")
    command.add_argument("url", nargs="?", metavar="URL")
    for number in range(MOST_IN_USAGE):
        command.add_argument(f"--option-{number}")
    command.shorten_usage()
    assert command.format_usage() == "usage: program run [OPTION]... [URL]\n"
    assert "--option-0" in command.format_help()
