"""`registry-conformance upgrade`: what a newer set of requirements would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.arguments import add_result
from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse

    from conformance.verdicts.sets import Upgrade

SUMMARY = "preview what the newest set of requirements would change"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--set",
        metavar="NAME",
        dest="requirement_set",
        required=True,
        help="frozen set in use, such as 2026.11",
    )
    add_result(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the requirements that would join or leave, and how the exit code would change."""
    from conformance.catalogue import catalogue
    from conformance.report.result_file import read_finished
    from conformance.verdicts.sets import upgrade

    result = read_finished(arguments.result)
    found = upgrade(
        result.verdict_by_id, catalogue(), old=arguments.requirement_set, profile=result.target.profile
    )
    print(described(found))
    return ExitCode.CONFORMS


def described(found: Upgrade) -> str:
    """Return what a set would change, one requirement a line."""
    from conformance.verdicts.counting import counted
    from conformance.verdicts.sets import retired

    lines = [
        f"joins  {name:<48} {verdict or 'not in the result'}"
        for name, verdict in sorted(found.joining.items())
    ]
    lines += [f"gone   {name:<48} {retired()[name]}" for name in found.leaving]
    if found.old == found.new:
        return f"{found.new} is the newest set; nothing would change."
    lines.append(
        f"From set {found.old} to {found.new}: {counted(len(found.joining), 'new requirement')}, "
        f"{len(found.leaving)} gone. This result would end with exit code {int(found.after)} instead of "
        f"{int(found.before)}."
    )
    return "\n".join(lines)
