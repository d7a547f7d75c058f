"""`registry-conformance doctor`: what is wrong with a URL, its credentials or the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, options_of, target_of
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse

    from conformance.target.doctor import Finding

SUMMARY = "diagnose URL, credentials and network; publishes nothing"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_options(parser, "doctor")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; returns 0 when nothing is wrong, 3 when something stays unknown, else 2."""
    from conformance.target.doctor import examine, refused_findings

    try:
        target = target_of(arguments)
    except UserError as error:
        return print_findings(refused_findings(error, getattr(arguments, "url", "")))
    if target is None:
        raise UserError("doctor needs the URL of a registry", "Give URL or --config.")
    return print_findings(examine(target, options_of(arguments)))


def print_findings(findings: list[Finding]) -> ExitCode:
    """Print what was seen and what to change, and return the exit code."""
    for finding in findings:
        print(f"{'wrong' if finding.wrong else 'fine':<6} {finding.about}: {finding.seen}")
        if finding.wrong:
            print(f"       → {finding.change}")
    wrong = sum(finding.wrong for finding in findings)
    print({0: "No problems found.", 1: "1 problem found."}.get(wrong, f"{wrong} problems found."))
    if any(finding.unknown for finding in findings):
        return ExitCode.HARNESS_ERROR
    return ExitCode.USAGE if wrong else ExitCode.CONFORMS
