"""`registry-conformance script`: standalone scripts that reproduce failures."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_result
from conformance.commands.output import write
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

SUMMARY = "write standalone scripts that reproduce failures"
NAMED = 5
"""How many of several scripts are named where one has to be chosen."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_result(parser)
    parser.add_argument("ids", metavar="ID", nargs="*", help="failed requirements (default: all)")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE_OR_FOLDER",
        type=Path,
        help="write one script to a file, or several to a folder, which is made (default: standard output)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write a script for each deviation of a stored result."""
    from conformance.report.result_file import read_result
    from conformance.report.script import scripts

    into: Path | None = arguments.output
    made = scripts(read_result(arguments.result), arguments.ids)
    if into is not None and (into.is_dir() or (len(made) > 1 and not into.suffix)):
        try:
            into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make the folder {into}: {error.strerror}") from error
        for name, text in made.items():
            write(text, into / f"{name}.py")
        return ExitCode.CONFORMS
    if len(made) > 1:
        first = ", ".join(islice(made, NAMED))
        rest = f" and {len(made) - NAMED} more" if len(made) > NAMED else ""
        raise UserError(
            f"there are {len(made)} scripts: {first}{rest}",
            "Name one of them, or write all to a folder with `-o FOLDER`.",
        )
    (text,) = made.values()
    write(text, into)
    return ExitCode.CONFORMS
