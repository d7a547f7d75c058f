"""Finishes the clean-up of runs that could not finish it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.corpus.ledger import BadLedger, ledgers
from conformance.run.clean_up import clean_up
from conformance.wire import Redactor, Session, Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.target import Target
    from conformance.verdicts.options import RunOptions


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a sweep deleted and what it left.

    `leftovers` are the ledgers with something left: path, number of distributions, reason.
    """

    deleted: int
    files: int
    leftovers: tuple[tuple[Path, int, str], ...]
    unreadable: tuple[BadLedger, ...]
    torn: tuple[tuple[Path, int], ...] = ()
    """The ledgers with lines that were cut off while they were written, and the number of such lines."""

    @property
    def left(self) -> int:
        """How many distributions are left; a ledger that cannot be read counts as one."""
        return sum(count for _, count, _ in self.leftovers) + len(self.unreadable)


def sweep(target: Target, options: RunOptions) -> Swept:
    """Delete from a target what the ledgers of earlier runs list for its host."""
    transcript = Transcript()
    session = Session(
        transcript=transcript,
        redact=Redactor(target.secrets),
        limits=options,
        ca_bundle=options.ca_bundle,
    )
    deleted = files = 0
    leftovers: list[tuple[Path, int, str]] = []
    unreadable: list[BadLedger] = []
    torn: list[tuple[Path, int]] = []
    for ledger in ledgers(options.ledger_folder):
        try:
            ours = any(target.same_host(entry.url) for entry in ledger.entries())
        except BadLedger as error:
            unreadable.append(error)
            continue
        if ours:
            if cut := ledger.torn():
                torn.append((ledger.path, len(cut)))
            done = clean_up(ledger, target, session=session, transcript=transcript, settle=options.settle)
            deleted += done.deleted
            files += done.files
            if done.left:
                leftovers.append((ledger.path, len(done.left), done.reason))
    session.close()
    return Swept(
        deleted=deleted,
        files=files,
        leftovers=tuple(leftovers),
        unreadable=tuple(unreadable),
        torn=tuple(torn),
    )
