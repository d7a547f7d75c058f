"""Deletes from a registry what the ledger of a run lists, and nothing else."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from conformance.errors import UserError
from conformance.run.removal import Removal, remove
from conformance.target.driver import target_driver
from conformance.target.registry_client import RegistryClient
from conformance.target.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from conformance.corpus.ledger import Entry, Ledger
    from conformance.target import Target
    from conformance.wire import Session, Transcript

_ONE_OF_MANY = re.compile(r"https?://\S+|\[\d+\]")
"""What differs between refusals of one kind: the URL, and the number of the exchange."""

MOST_REASONS = 3
"""How many different reasons a message gives."""

ARRIVAL = 1.0
"""Seconds after which a registry has stored an upload whose sender was interrupted."""

ELSEWHERE = "it is on another host"


@dataclass(frozen=True, kw_only=True)
class CleanUp:
    """The numbers of deleted packages and files, what is left, and why. What the registry refused is not left."""

    deleted: int
    files: int
    left: tuple[Entry, ...]
    reason: str = ""


def clean_up(
    ledger: Ledger,
    target: Target,
    *,
    session: Session,
    transcript: Transcript,
    settle: float = 0,
    broken_off: bool = False,
    instead_of: int = 1,
) -> CleanUp:
    """Delete the ledger's distributions from the target, and shorten the ledger to what is left.

    A page may go on listing for `settle` seconds what the registry no longer knows.
    After a run that was `broken_off`, uploads may be on their way: what is not there is looked for once more.
    It may send as much at once as several processes, `instead_of` which it cleans up.
    Errors of the target are not raised: what cannot be deleted stays in the ledger, and the reason is returned.
    """
    entries, refused = ledger.entries(), ledger.refused()
    removal, settling = Removal(), Settling(settle, session.budget.account)
    client = partial(RegistryClient, session=session, transcript=transcript, ledger=ledger)
    client = partial(client, settling=settling, instead_of=instead_of)
    for url in dict.fromkeys(entry.url for entry in entries):
        here = [entry for entry in entries if entry.url == url]
        if not target.same_host(url):
            removal.left.update(dict.fromkeys(here, ELSEWHERE))
            continue
        registry = client(target.at(url))
        done = _remove(registry, session, here, refused, ledger.run_id)
        if broken_off and (awaited := _awaited(here, done, refused)):
            time.sleep(ARRIVAL)
            done.update(_remove(registry, session, awaited, refused, ledger.run_id))
        removal.update(done)
    ledger.keep_only(removal.left)
    left = {entry: reason for entry, reason in removal.left.items() if entry not in refused}
    return CleanUp(
        deleted=len(removal.releases),
        files=len(removal.stored - refused),
        left=tuple(left),
        reason=session.redact("; ".join(_reasons(left.values()))),
    )


def _awaited(entries: Sequence[Entry], done: Removal, refused: Collection[Entry]) -> list[Entry]:
    """Return the entries of the projects with one that is neither removed nor left nor refused."""
    known = {*done.stored, *done.left, *refused}
    projects = {entry.project for entry in entries if entry not in known}
    return [entry for entry in entries if entry.project in projects]


def _remove(
    registry: RegistryClient,
    session: Session,
    entries: Sequence[Entry],
    refused: Collection[Entry],
    run_id: str,
) -> Removal:
    target = registry.target
    try:
        driver = target_driver(target, session, registry=registry).deleting
    except UserError as error:
        return Removal(left=dict.fromkeys(entries, str(error).replace("\n", "; ")))
    if driver is None:
        return Removal(left=dict.fromkeys(entries, no_driver(target)))
    return remove(driver, registry, entries, refused=refused, run_id=run_id)


def no_driver(target: Target) -> str:
    """Return why nothing can be deleted from a target."""
    named = target.management.get("driver")
    lacking = f"the driver {named} deletes nothing" if named else "no driver is named"
    return f"the layout {target.layout.name} has no API to delete packages, and {lacking} (docs/drivers.md)"


def _reasons(reasons: Collection[str]) -> list[str]:
    """Return the first reasons of different kinds: a refusal of one URL stands for those of others."""
    kinds: dict[str, str] = {}
    for reason in reasons:
        kinds.setdefault(_ONE_OF_MANY.sub("", reason), reason)
    different = list(kinds.values())
    more = len(different) - MOST_REASONS
    return different[:MOST_REASONS] + ([f"and {more} more reasons"] if more > 0 else [])
