"""`registry-conformance list`: every requirement of the catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

    from conformance.catalogue import Requirement

SUMMARY = "list the requirements"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )
    parser.add_argument(
        "-k",
        metavar="WORDS",
        dest="words",
        default="",
        help="list only the requirements with all of these words in id, statement or who is affected",
    )
    parser.add_argument("--profile", metavar="NAME", help="list only what this kind of registry has to do")


def run(arguments: argparse.Namespace) -> int:
    """Print the requirements, one a line or as JSON."""
    from conformance.catalogue import catalogue
    from conformance.profiles import profile
    from conformance.report.explain import profiles_by_id
    from conformance.verdicts.counting import counted

    known = catalogue()
    rows = known.for_profile(profile(arguments.profile)) if arguments.profile else list(known)
    words = arguments.words.casefold().split()
    rows = [row for row in rows if all(word in _searched(row) for word in words)]
    if not rows:
        raise UserError(
            f"no requirement has the words {arguments.words!r}", "Try fewer words, or list all without -k."
        )
    if arguments.format == "json":
        profiles = profiles_by_id(known)
        print(json.dumps([{**row.as_json(), "profiles": profiles[row.id]} for row in rows], indent=1))
        return ExitCode.CONFORMS
    print(f"{'ID':<48} {'LEVEL':<6} {'STANDING':<8} STATEMENT")
    for row in rows:
        print(
            f"{row.id:<48} {row.level:<6} {row.standing:<8} {row.statement}{' (no check)' if row.untested else ''}"
        )
    tested = sum(row.untested is None for row in rows)
    print(f"{counted(len(rows), 'requirement')}: {tested} with a check, {len(rows) - tested} without")
    return ExitCode.CONFORMS


def _searched(row: Requirement) -> str:
    return f"{row.id} {row.statement} {row.affects}".casefold()
