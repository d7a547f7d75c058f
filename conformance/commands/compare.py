"""`registry-conformance compare`: what changed between two results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

SUMMARY = "show what changed between two results"
EPILOG = """\
changes:
  regressed     worse than before
  different     as bad as before, in another way
  fixed         better than before
  not judged    not applicable, untestable or an error, and judged before
  judged again  judged, and not before
  new, gone     in one of the results only"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "results",
        metavar="RESULT.json",
        nargs=2,
        type=Path,
        help="the earlier result and the later one, written by `run --json`",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the requirements on which two results differ, what matters most first."""
    from conformance.report.changes import as_lines, since
    from conformance.report.result_file import read_result

    earlier, later = (read_result(path) for path in arguments.results)
    print("\n".join(as_lines(since(earlier, later))))
    return ExitCode.CONFORMS
