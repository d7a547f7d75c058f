"""Removes from a registry what the ledger of a run lists, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.target.gitlab import GitLab
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import Deviation, Untestable
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from conformance.corpus.ledger import Entry, Ledger
    from conformance.target import Target
    from conformance.wire import Session, Transcript


@dataclass(frozen=True, kw_only=True)
class CleanUp:
    """The number of removed packages, what is left, and why. What the registry refused is not left."""

    removed: int
    left: tuple[Entry, ...]
    reason: str = ""


def clean_up(ledger: Ledger, target: Target, *, session: Session, transcript: Transcript) -> CleanUp:
    """Remove the ledger's distributions from the target, and shorten the ledger to what is left.

    Errors of the target are not raised: what cannot be removed stays in the ledger, and the reason is returned.
    """
    entries, refused = ledger.entries(), ledger.refused()
    if target.profile.clean_up != "gitlab-rest":
        return CleanUp(
            removed=0,
            left=tuple(entry for entry in entries if entry not in refused),
            reason=f"registries of the profile {target.profile.name} offer no API to delete packages",
        )
    removed = 0
    left: list[Entry] = []
    reason = ""
    left += [entry for entry in entries if not target.same_host(entry.url)]
    for url in dict.fromkeys(entry.url for entry in entries if target.same_host(entry.url)):
        here = [entry for entry in entries if entry.url == url]
        registry = RegistryClient(
            replace(target, url=url), session=session, transcript=transcript, ledger=ledger
        )
        try:
            removed += _remove(GitLab(registry), here, ledger.run_id)
        except (Deviation, Untestable, Unreachable) as error:
            if missed := [entry for entry in here if entry not in refused]:
                left += missed
                reason = str(error).replace("\n", "; ")
    ledger.keep_only(left)
    return CleanUp(
        removed=removed, left=tuple(entry for entry in left if entry not in refused), reason=reason
    )


def _remove(gitlab: GitLab, entries: list[Entry], run_id: str) -> int:
    """Delete every package that has the name of an entry; return their number.

    GitLab keeps names as they were spelled and searches for a piece of them: the run's id is in all of ours.
    """
    ours = {canonicalize_name(entry.project) for entry in entries}
    found = gitlab.packages(package_type="pypi", package_name=run_id, most_pages=None)
    ids = [package["id"] for package in found if canonicalize_name(str(package.get("name"))) in ours]
    for package_id in ids:
        answer = gitlab.delete_package(package_id)
        if answer.status not in {204, 404}:
            raise Deviation(
                expected="204 for deleting a package", found=str(answer.status), where=str(answer)
            )
    return len(ids)
