"""`registry-conformance compare`: where two results differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

SUMMARY = "show where two results differ"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "results", metavar="RESULT.json", nargs=2, type=Path, help="results written by `run --json`"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the requirements whose verdicts differ."""
    from conformance.report.compare import print_comparison

    first, second = arguments.results
    print_comparison(first, second, sys.stdout)
    return ExitCode.CONFORMS
