"""`registry-conformance list`: every requirement of the catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

    from conformance.catalogue import Requirement
    from conformance.profiles import Profile

SUMMARY = "list the requirements"

EPILOG = """examples:
  registry-conformance list twine skip-existing
  registry-conformance list --profile pypi -k "upload and not name"
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="list only the requirements with all of these words in id, statement or who is affected",
    )
    parser.add_argument(
        "-k",
        metavar="EXPRESSION",
        dest="keyword",
        help="list only the requirements whose checks `run -k EXPRESSION` would run",
    )
    parser.add_argument("--profile", metavar="NAME", help="list only what this kind of registry has to do")


def run(arguments: argparse.Namespace) -> int:
    """Print the requirements, one a line or as JSON."""
    from conformance.catalogue import catalogue
    from conformance.profiles import profile
    from conformance.report.explain import profiles_by_id
    from conformance.verdicts.counting import counted

    known = catalogue()
    only = profile(arguments.profile) if arguments.profile else None
    rows = known.for_profile(only) if only else list(known)
    words = " ".join(arguments.words).casefold().split()
    rows = [row for row in rows if all(word in _searched(row) for word in words)]
    if arguments.keyword:
        rows = _matched(rows, arguments.keyword, only)
    if not rows:
        asked = " ".join([*arguments.words, *([f"-k {arguments.keyword!r}"] if arguments.keyword else [])])
        raise UserError(
            f"no requirement matches {asked}",
            "`registry-conformance list` lists all; `list WORD` searches their sentences, too.",
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


def _matched(rows: list[Requirement], keyword: str, only: Profile | None) -> list[Requirement]:
    """Return the requirements whose checks a run would select. Raises UserError for what is no expression."""
    from conformance.profiles.loader import LOAD
    from conformance.run.checks_run import selected
    from conformance.run.selection import Selection

    chosen = selected(only, Selection(keyword=keyword))
    return [row for row in rows if row.id in chosen and row.feature != LOAD]  # a run is no load


def _searched(row: Requirement) -> str:
    return f"{row.id} {row.statement} {row.affects}".casefold()
