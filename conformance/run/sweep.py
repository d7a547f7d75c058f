"""Removes the leftovers of earlier runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.corpus.ledger import BadLedger, ledgers
from conformance.run.clean_up import clean_up
from conformance.verdicts import ExitCode
from conformance.verdicts.counting import counted
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions


def sweep(target: Target, options: RunOptions) -> int:
    """Remove from a target what the ledgers of earlier runs list for its host; print what was removed.

    Returns 0 when nothing is left, 3 when something is.
    """
    transcript = Transcript()
    session = Session(
        transcript=transcript,
        redact=Redactor(target.secrets),
        limits=options.limits,
        ca_bundle=options.ca_bundle,
    )
    removed = left = 0
    for ledger in ledgers(options.ledger_folder):
        try:
            mine = any(target.same_host(entry.url) for entry in ledger.entries())
        except BadLedger as error:
            print(error)
            left += 1
            continue
        if mine:
            done = clean_up(ledger, target, session=session, transcript=transcript)
            removed, left = removed + done.removed, left + len(done.left)
            if done.left:
                print(f"{ledger.path}: {counted(len(done.left), 'distribution')} left: {done.reason}")
    session.close()
    print(f"Removed {counted(removed, 'package')}; {left or 'nothing'} left.")
    return ExitCode.HARNESS_ERROR if left else ExitCode.CONFORMS
