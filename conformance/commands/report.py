"""`registry-conformance report`, and the option `--report` of `run`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_result
from conformance.commands.output import write
from conformance.errors import ExitCode
from conformance.report.formats import FORMATS
from conformance.verdicts.option_types import writable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.result import RunResult

SUMMARY = "make a report from a result, in one of several formats"
EPILOG = "formats:\n" + "\n".join(f"  {each.name:<13}{each.purpose}" for each in FORMATS.values())


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_result(parser)
    parser.add_argument("--format", choices=FORMATS, default="html", help="format (default: html)")
    add_since(parser)
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file to write."""
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=writable, help="write to FILE (default: standard output)"
    )


def add_since(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the option that names an earlier result."""
    parser.add_argument(
        "--since", metavar="RESULT.json", type=Path, help="say what changed since an earlier result"
    )


def add_report_option(group: argparse._ArgumentGroup) -> None:
    """Add `--report FORMAT=FILE` to `run`."""
    group.add_argument(
        "--report",
        metavar="FORMAT=FILE",
        dest="reports",
        type=_report,
        action="append",
        default=[],
        help=f"also write a report: {', '.join(FORMATS)}; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write a report of a stored result."""
    from conformance.report.changes import with_changes
    from conformance.report.result_file import read_earlier, read_result

    result = read_result(arguments.result)
    if arguments.since:
        result = with_changes(result, read_earlier(arguments.since))
    write(FORMATS[arguments.format].render(result), arguments.output)
    return ExitCode.CONFORMS


def write_reports(result: RunResult, wanted: Iterable[tuple[str, Path]]) -> None:
    """Write the reports that `run` was asked for. Raises UserError."""
    wanted = tuple(wanted)
    if not wanted:
        return
    from conformance.report.result_file import concealed_result

    concealed = concealed_result(result)
    for name, path in wanted:
        write(FORMATS[name].render(concealed), path)


def _report(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if name not in FORMATS or not file:
        raise argparse.ArgumentTypeError(
            f"expected FORMAT=FILE, not {text!r}; formats are {', '.join(FORMATS)}"
        )
    return name, writable(file)
