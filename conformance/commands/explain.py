"""`registry-conformance explain`: one requirement in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

SUMMARY = "show one requirement in full"

EPILOG = """right and wrong:
  what the check expects, and what it finds at the reference server with a fault
  that breaks the requirement; <run> and the like stand for what differs between
  runs, and … for what was left out. `reference-server serve --fault NAME` starts
  that server.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("id", metavar="ID", help="id of the requirement, as `list` shows it")


def run(arguments: argparse.Namespace) -> int:
    """Print the requirement."""
    from difflib import get_close_matches

    from conformance.catalogue import catalogue
    from conformance.report.explain import explain_requirement

    known = catalogue()
    if arguments.id not in known.requirements:
        near = get_close_matches(arguments.id, known.requirements, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`registry-conformance list` lists all ids."
        raise UserError(f"there is no requirement {arguments.id!r}", hint)
    print(explain_requirement(known[arguments.id], known))
    return ExitCode.CONFORMS
