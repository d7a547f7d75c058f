"""`registry-conformance report`, `script` and `matrix`, and the option `--report` of `run`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.formats import FORMATS, MATRIX_FORMATS
from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.result import RunResult


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to those of `registry-conformance`."""
    report = subparsers.add_parser("report", help="make a report from a result, in one of several formats")
    report.add_argument("result", metavar="RESULT.json", type=Path, help="written by `run --json`")
    report.add_argument("--format", choices=FORMATS, default="html", help="html, unless told otherwise")
    report.set_defaults(command=run_report)
    script = subparsers.add_parser(
        "script", help="make scripts that ask again what failing checks have asked, with Python alone"
    )
    script.add_argument("result", metavar="RESULT.json", type=Path, help="written by `run --json`")
    script.add_argument("ids", metavar="ID", nargs="*", help="of a requirement that it deviates from (all)")
    script.add_argument(
        "-o", "--output", metavar="FILE_OR_FOLDER", type=Path, help="write it there (standard output)"
    )
    script.set_defaults(command=run_script)
    matrix = subparsers.add_parser("matrix", help="show the verdicts on several registries in one table")
    matrix.add_argument(
        "results", metavar="RESULT.json", nargs="+", type=Path, help="written by `run --json`"
    )
    matrix.add_argument(
        "--format", choices=MATRIX_FORMATS, default="markdown", help="markdown, unless told otherwise"
    )
    matrix.set_defaults(command=run_matrix)
    for parser in (report, matrix):
        parser.add_argument(
            "-o", "--output", metavar="FILE", type=_writable, help="write it there (standard output)"
        )


def add_report_option(parser: argparse.ArgumentParser) -> None:
    """Add `--report FORMAT=FILE` to `run`."""
    parser.add_argument(
        "--report",
        metavar="FORMAT=FILE",
        dest="reports",
        type=_wanted_report,
        action="append",
        default=[],
        help=f"write a report there, too; may be repeated ({', '.join(FORMATS)})",
    )


def run_report(arguments: argparse.Namespace) -> int:
    """Make a report from a stored result. Returns the exit code."""
    from conformance.report.result_file import BadResult, read_result

    try:
        result = read_result(arguments.result)
    except BadResult as error:
        return _say(str(error), ExitCode.USAGE)
    return _write(FORMATS[arguments.format].render(result), arguments.output)


def run_script(arguments: argparse.Namespace) -> int:
    """Make a script for each deviation of a stored result. Returns the exit code."""
    from conformance.report.result_file import BadResult, read_result
    from conformance.report.script import NoScript, scripts

    into: Path | None = arguments.output
    try:
        made = scripts(read_result(arguments.result), arguments.ids)
    except (BadResult, NoScript) as error:
        return _say(str(error), ExitCode.USAGE)
    if into is not None and into.is_dir():
        return max(_write(text, into / f"{name}.py") for name, text in made.items())
    if len(made) > 1:
        names = ", ".join(made)
        return _say(f"one script at a time, or `-o FOLDER` for a file each: {names}", ExitCode.USAGE)
    (text,) = made.values()
    return _write(text, into)


def run_matrix(arguments: argparse.Namespace) -> int:
    """Make a table from the results that can be read, and name the others. Returns the exit code."""
    from conformance.report.matrix import read_matrix

    matrix, bad = read_matrix(arguments.results)
    for error in bad:
        _say(str(error), ExitCode.USAGE)
    if not matrix.columns:
        return ExitCode.USAGE
    return _write(MATRIX_FORMATS[arguments.format].render(matrix), arguments.output)


def write_reports(result: RunResult, wanted: Iterable[tuple[str, Path]]) -> int:
    """Write the reports that `run` was asked for, from the same JSON that it writes. Returns the exit code."""
    wanted = tuple(wanted)
    if not wanted:
        return ExitCode.CONFORMS
    from conformance.report.result_file import concealed_result

    concealed = concealed_result(result)
    return max(_write(FORMATS[name].render(concealed), path) for name, path in wanted)


def _wanted_report(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if name not in FORMATS or not equals or not file:
        raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE; formats are {', '.join(FORMATS)}")
    return name, _writable(file)


def _writable(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} cannot be written; name a file in a folder that is there")
    return path


def _write(text: str, path: Path | None) -> int:
    try:
        if path is None:
            sys.stdout.buffer.write(text.encode())
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    except BrokenPipeError:  # `report … | head`
        raise
    except OSError as error:
        return _say(f"cannot write {path or 'the report'}: {error.strerror}", ExitCode.HARNESS_ERROR)
    return ExitCode.CONFORMS


def _say(message: str, exit_code: ExitCode) -> int:
    print(f"registry-conformance: {message}", file=sys.stderr)
    return int(exit_code)
