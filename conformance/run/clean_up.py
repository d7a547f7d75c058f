"""Deletes from a registry what the ledger of a run lists, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from conformance.target.gitlab import GitLab
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import Deviation, NotJudged, Untestable
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from conformance.corpus.ledger import Entry, Ledger
    from conformance.target import Target
    from conformance.wire import Session, Transcript


@dataclass(frozen=True, kw_only=True)
class CleanUp:
    """The numbers of deleted packages and files, what is left, and why. What the registry refused is not left."""

    deleted: int
    files: int
    left: tuple[Entry, ...]
    reason: str = ""


def clean_up(ledger: Ledger, target: Target, *, session: Session, transcript: Transcript) -> CleanUp:
    """Delete the ledger's distributions from the target, and shorten the ledger to what is left.

    Errors of the target are not raised: what cannot be deleted stays in the ledger, and the reason is returned.
    """
    entries, refused = ledger.entries(), ledger.refused()
    if not target.has_gitlab_api:
        return CleanUp(
            deleted=0,
            files=0,
            left=tuple(entry for entry in entries if entry not in refused),
            reason=f"the layout {target.layout.name} has no API to delete packages",
        )
    deleted = files = 0
    left: list[Entry] = []
    reason = ""
    left += [entry for entry in entries if not target.same_host(entry.url)]
    for url in dict.fromkeys(entry.url for entry in entries if target.same_host(entry.url)):
        here = [entry for entry in entries if entry.url == url]
        registry = RegistryClient(target.at(url), session=session, transcript=transcript, ledger=ledger)
        try:
            packages, stored = _delete(GitLab(registry), here, ledger.run_id)
            deleted, files = deleted + packages, files + sum(entry not in refused for entry in stored)
        except (Deviation, Untestable, Unreachable, NotJudged) as error:
            if missed := [entry for entry in here if entry not in refused]:
                left += missed
                reason = str(error).replace("\n", "; ")
    ledger.keep_only(left)
    return CleanUp(
        deleted=deleted,
        files=files,
        left=tuple(entry for entry in left if entry not in refused),
        reason=reason,
    )


def _delete(gitlab: GitLab, entries: list[Entry], run_id: str) -> tuple[int, list[Entry]]:
    """Delete every package that has the name of an entry; return their number, and the entries in them.

    GitLab keeps names as they were spelled and searches for a piece of them: the run's id is in all of ours.
    """
    ours = {canonicalize_name(entry.project) for entry in entries}
    found = gitlab.packages(package_type="pypi", package_name=run_id, most_pages=None)
    packages = [package for package in found if _name(package) in ours]
    for package in packages:
        answer = gitlab.delete_package(package["id"])
        if answer.status not in {204, 404}:
            raise Deviation(
                expected="204 for deleting a package", found=str(answer.status), where=str(answer)
            )
    deleted = {(_name(package), str(package.get("version"))) for package in packages}
    stored = [entry for entry in entries if (canonicalize_name(entry.project), entry.version) in deleted]
    return len(packages), stored


def _name(package: dict[str, Any]) -> str:
    return canonicalize_name(str(package.get("name")))
