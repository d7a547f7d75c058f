"""`registry-conformance replay`: re-runs the checks that failed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, add_result, options_of, target_of
from conformance.errors import ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from conformance.report.result import RunResult
    from conformance.run.replay import Replayed
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

SUMMARY = "re-run the checks that failed"
AS_BEFORE = "as in the result"
TARGET_AS_BEFORE = ("url", "upload_url", "index_url", "api_url", "json_api_url", "profile", "layout")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_result(parser)
    words = dict.fromkeys((*TARGET_AS_BEFORE, "examples", "rounds"), AS_BEFORE)
    add_options(parser, "replay", defaults=words)


def run(arguments: argparse.Namespace) -> int:
    """Re-run the checks, and print what became of each; returns 0 when all pass."""
    from conformance.report.result_file import read_finished
    from conformance.run.replay import failed, replay
    from conformance.target.embedded import embedded_target

    earlier = read_finished(arguments.result)
    if not failed(earlier):
        return print_replay(())
    with ExitStack() as stack:
        target = _target(arguments, earlier) or stack.enter_context(embedded_target(earlier.target.profile))
        replayed = replay(earlier, target, _options(arguments, earlier), progress=sys.stdout)
    return print_replay(replayed)


def print_replay(replayed: Iterable[Replayed]) -> ExitCode:
    """Print what became of each check. Returns 0 when all pass, 3 when some ended in an error, else 1."""
    from conformance.run.replay import Fate

    found = list(replayed)
    for each in found:
        print(f"{each.fate:<20} {each.id}")
        if each.fate is not Fate.FIXED and each.message:
            print("  " + each.message.replace("\n", "\n  "))
    fates = [each.fate for each in found]
    counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in Fate if fate in fates)
    print(counts or "No failed checks in this result.")
    if all(fate is Fate.FIXED for fate in fates):
        return ExitCode.CONFORMS
    return ExitCode.HARNESS_ERROR if set(fates) <= {Fate.FIXED, Fate.ERRORED} else ExitCode.DEVIATES


def _target(arguments: argparse.Namespace, earlier: RunResult) -> Target | None:
    """Return the given target; None if embedded. What is not given is as before, addresses without a new URL only."""
    if not earlier.target.embedded and "config" not in arguments:
        kept = TARGET_AS_BEFORE if "url" not in arguments else ("profile", "layout")
        for name in kept:
            before = getattr(earlier.target, name) or None
            setattr(arguments, name, getattr(arguments, name, before))
    return target_of(arguments)


def _options(arguments: argparse.Namespace, earlier: RunResult) -> RunOptions:
    """Return the given options, with the earlier examples and rounds where none are given."""
    before = {"examples": earlier.summary.examples, "rounds": earlier.summary.rounds}
    return options_of(arguments, **{name: value for name, value in before.items() if value})
