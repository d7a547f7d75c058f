"""A run that is under way, and why one may end before its first check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import ExitCode, UserError
from conformance.run.under_way import UnderWay

if TYPE_CHECKING:
    from conformance.corpus import Corpus
    from conformance.corpus.ledger import Ledger
    from conformance.report.result import RunResult
    from conformance.run.features import OfferedFeatures
    from conformance.target import Target
    from conformance.target.registry_client import RegistryClient
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Redactor, Session, Transcript


class CannotJudge(UserError):
    """The run ends before its first check."""

    def __init__(self, message: str, exit_code: ExitCode, *, hint: str = "") -> None:
        super().__init__(message, hint, exit_code)
        self.result: RunResult | None = None
        """The result that says so, once it is made."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that is under way: everything that checks share."""

    target: Target
    options: RunOptions
    transcript: Transcript
    session: Session
    ledger: Ledger
    registry: RegistryClient
    redact: Redactor
    corpus: Corpus
    offer: OfferedFeatures
    projects: tuple[str, ...]
    """The projects whose pages are read, by normalized name."""
    worker: str = ""
    """Which of several parallel processes this is; empty for the only one."""
    processes: int = 1
    """How many processes judge it; they have ended when this one cleans up."""
    notes: tuple[str, ...] = ()
    """What its report says beside the results: what was noticed while it was set up."""
    overlaps: bool = False
    """Whether it mostly waits for its target, and judges checks at once."""
    prepared_with: int = 0
    """How many requests it took to get here."""

    @property
    def under_way(self) -> UnderWay:
        """What this process and others do beside each other now."""
        return UnderWay(self.session.budget.account, self.worker)

    def as_table(self) -> dict[str, Any]:
        """Return what another process needs to take part. It holds secrets: hand it over, do not write it down."""
        published = {
            role: (item.status, item.where, item.text, item.accepted)
            for role, item in self.corpus.published.items()
        }
        return {
            "target": self.target.as_table(),
            "embedded": self.target.embedded,
            "ledger": str(self.ledger.path),
            "budget": str(self.session.budget.share()),
            "run_id": self.corpus.run_id,
            "published": published,
            "offer": self.offer.as_json(),
            "projects": list(self.projects),
            "spellings": self.registry.spellings.as_table(),
            "overlaps": self.overlaps,
            "usual_wait": self.session.usual_wait,
        }
