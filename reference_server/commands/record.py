"""`reference-server record`: keeps what an installation asks of an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.commands.sources import add_private
from reference_server.errors import UserError

if TYPE_CHECKING:
    import argparse

SUMMARY = "record what requirements need of an index, to play it offline"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("url", metavar="URL", help="simple index to record")
    parser.add_argument(
        "requirement", nargs="*", metavar="REQUIREMENT", help="requirement, such as 'demo>=1'"
    )
    parser.add_argument(
        "-r",
        "--requirements",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="file of requirements",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="new or empty folder to write"
    )
    parser.add_argument(
        "--pip-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="option for `pip download`, such as --pip-option=--only-binary=:all:; may be repeated",
    )
    add_private(parser)


def run(options: argparse.Namespace) -> int:
    """Record."""
    from reference_server.serving.record import record
    from reference_server.sources.upstream import Upstream

    if not options.requirement and not options.requirements:
        raise UserError("there is nothing to record", "Give requirements, or --requirements FILE.")
    upstream = Upstream(url=options.url, private=tuple(options.private), timeout=options.upstream_timeout)
    number = record(
        upstream,
        requirements=options.requirement,
        files=options.requirements,
        folder=options.output,
        pip_options=options.pip_option,
    )
    print(f"Recorded {number} files of {upstream.index} in {options.output}")
    return 0
