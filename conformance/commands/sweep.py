"""`registry-conformance sweep`: finishes the clean-up of runs that could not finish it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, options_of, target_of
from conformance.commands.output import print_error
from conformance.errors import ExitCode, UserError
from conformance.verdicts.target_options import REGISTRY_URL

if TYPE_CHECKING:
    import argparse

SUMMARY = "delete leftovers of earlier runs"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_options(parser, "sweep", helps={"url": REGISTRY_URL})


def run(arguments: argparse.Namespace) -> int:
    """Delete what the ledgers list; return 3 when something is left, 2 when only a ledger cannot be read."""
    from conformance.run.sweep import sweep
    from conformance.verdicts.counting import counted

    target = target_of(arguments)
    if target is None:
        raise UserError("sweep needs the URL of the registry", "Give the same URL or --config as to `run`.")
    swept = sweep(target, options_of(arguments))
    for error in swept.unreadable:
        print_error(error)
    for path, lines in swept.torn:
        print(f"{path}: skipped {counted(lines, 'line')} that an earlier run could not finish writing")
    shown = ""
    for path, left, reason in swept.leftovers:
        why = "for the same reason" if reason == shown else reason
        print(f"{path}: {counted(left, 'distribution')} left: {why}")
        shown = reason
    deleted = f"{counted(swept.deleted, 'package')} ({counted(swept.files, 'file')})"
    print(f"Deleted {deleted}; {swept.left or 'nothing'} left.")
    if swept.leftovers:
        return ExitCode.HARNESS_ERROR
    return ExitCode.USAGE if swept.unreadable else ExitCode.CONFORMS
