"""The arguments of every long measurement."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser, *, what: str, results: str) -> None:
    """Add how many trials run at a time, and the file that keeps the results."""
    parser.add_argument(
        "-n",
        dest="processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help=f"{what} at a time (default: one per CPU)",
    )
    parser.add_argument(
        "--results", type=Path, default=Path(results), metavar="FILE", help=f"default: {results}"
    )
