"""`registry-conformance matrix`: the verdicts on several registries in one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.output import print_error, write
from conformance.commands.report import add_output
from conformance.errors import ExitCode
from conformance.report.formats import MATRIX_FORMATS

if TYPE_CHECKING:
    import argparse

SUMMARY = "show the verdicts on several registries in one table"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "results", metavar="RESULT.json", nargs="+", type=Path, help="results written by `run --json`"
    )
    parser.add_argument(
        "--format", choices=MATRIX_FORMATS, default="markdown", help="format (default: markdown)"
    )
    parser.add_argument(
        "--differences", action="store_true", help="leave out the requirements on which all registries agree"
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print or write a table of the results that can be read; return 2 if there are others, each with its error."""
    from conformance.report.matrix import read_matrix

    matrix, unreadable = read_matrix(arguments.results)
    for error in unreadable:
        print_error(error)
    if not matrix.columns:
        return ExitCode.USAGE
    if arguments.differences:
        matrix = matrix.differing()
    write(MATRIX_FORMATS[arguments.format].render(matrix), arguments.output)
    return ExitCode.USAGE if unreadable else ExitCode.CONFORMS
