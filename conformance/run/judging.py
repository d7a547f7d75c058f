"""From what a check did to the result of its requirement."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.catalogue import BY_CHANCE, Requirement, catalogue
from conformance.report.check_result import CLAIMED_FEATURES, CheckResult
from conformance.report.explain import explain_deviation
from conformance.run.claims import ClaimNotFound
from conformance.run.features import NotOffered
from conformance.run.keys import REMARK
from conformance.run.strictness import held_to, unasked
from conformance.verdicts import Deviation, NotJudged, Outcome, Verdict, outcome_of, verdict_of
from conformance.verdicts.sets import is_scored
from conformance.verdicts.signature import signature_of
from conformance.wire import Unreachable, publications_behind, with_early_requests
from conformance.wire.credential_patterns import without_secrets
from conformance.wire.exchange import numbers_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    import pytest

    from conformance.run.run import Run
    from conformance.wire import Exchange, Publication

KEPT_EXCHANGES = 20


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A check that has ended: its requirement, pytest's report, and the exception that ended it, if any.

    `duration` is in seconds.
    """

    requirement: Requirement
    report: pytest.TestReport
    error: BaseException | None
    duration: float

    @property
    def outcome(self) -> Outcome:
        """What the check did. What goes wrong after it is an error of the harness."""
        return Outcome.CRASHED if self.report.when == "teardown" else outcome_of(self.error)

    @property
    def deviation(self) -> Deviation | None:
        """The deviation that it found."""
        if isinstance(self.error, Deviation) and self.outcome is Outcome.DEVIATED:
            return self.error
        return None

    @property
    def stopped_by(self) -> str:
        """The limit that kept it from its end; empty for none."""
        return self.error.by if isinstance(self.error, NotJudged) else ""

    @property
    def remark(self) -> str:
        """What the check remarked last."""
        return str(dict(self.report.user_properties).get(REMARK, ""))


def check_result(run: Run, ended: Ended, *, today: date) -> tuple[CheckResult, list[Publication]]:
    """Judge a check that has ended; return its result, and the uploads behind a deviation."""
    requirement, deviation = held_to(ended.requirement, run.target), ended.deviation
    baseline = run.options.baseline
    signature = _signature(run, requirement, deviation) if deviation else ""
    listing = baseline.listing(requirement.id, signature, today=today)
    verdict = verdict_of(ended.outcome, requirement.level, listing)
    message = without_secrets(_message(ended), run.redact)
    optional = ""
    if deviation and (validations := unasked(ended.requirement, run.target)):
        optional = f"features = {json.dumps(validations)} in registry.toml asks for it"
        message += f"\n  optional {optional}"
    if verdict in {Verdict.KNOWN, Verdict.STALE}:
        about_baseline = baseline.explain(requirement.id, listing, deviated=bool(signature))
        message = f"{about_baseline}\n{message}".rstrip()
    exchanges = _exchanges(run, deviation)
    published = _published(run, exchanges, deviation) if deviation else []
    result = CheckResult(
        id=requirement.id,
        level=requirement.level,
        standing=requirement.standing,
        verdict=verdict,
        message=message,
        duration=round(ended.duration, 4),
        requests=run.transcript.sent,
        expected=without_secrets(deviation.expected, run.redact) if deviation else "",
        found=without_secrets(deviation.found, run.redact) if deviation else "",
        where=without_secrets(deviation.where, run.redact) if deviation else "",
        signature=signature,
        published=tuple(each.filename for each in published),
        stopped_by=ended.stopped_by,
        cause=CLAIMED_FEATURES if isinstance(ended.error, ClaimNotFound) else "",
        lacking=tuple(ended.error.lacking) if isinstance(ended.error, NotOffered) else (),
        optional=optional,
        scored=is_scored(requirement, run.options.requirement_set),
        exchanges=exchanges if deviation else tuple(replace(each, request_bytes="") for each in exchanges),
    )
    return result, published


def _exchanges(run: Run, deviation: Deviation | None) -> tuple[Exchange, ...]:
    """Return the last exchanges of a check. What its deviation names is among them, even of an earlier check."""
    last = run.transcript.used[-KEPT_EXCHANGES:]
    if deviation is None:
        return last
    missing = numbers_in(f"{deviation.where}\n{deviation.found}") - {each.number for each in last}
    named = run.transcript.numbered(missing)[: KEPT_EXCHANGES // 2]
    return (*named, *last[-(KEPT_EXCHANGES - len(named)) :])


def _signature(run: Run, requirement: Requirement, deviation: Deviation) -> str:
    return signature_of(deviation, run_id=run.corpus.run_id, by_chance=requirement.area in BY_CHANCE)


def _message(ended: Ended) -> str:
    error = ended.error
    if isinstance(error, Unreachable):
        return str(error)  # it is no mistake of ours whose place would be of use
    if ended.outcome is Outcome.CRASHED and not ended.stopped_by:
        return f"{type(error).__name__}: {error}\n{ended.report.longreprtext}"
    if ended.deviation:
        return explain_deviation(ended.requirement, ended.deviation, catalogue())
    return str(error) if error else ended.remark


def _published(run: Run, exchanges: Collection[Exchange], deviation: Deviation) -> list[Publication]:
    """Return the uploads behind exchanges and what was found there.

    Behind a list of projects, which names none, that is the whole corpus; behind other answers, what they show of it.
    """
    root, all_of_the_run = f"GET {run.target.index_url}", re.compile(rf"={run.corpus.run_id}(&|$)")
    published = run.transcript.published
    found = publications_behind(published, exchanges, found=deviation.found)
    is_whole = any(each.request == root or all_of_the_run.search(each.request) for each in exchanges)
    shown = "\n".join(each.response_body for each in exchanges)
    of_corpus = [
        each for each in published if each.project in run.corpus.projects and (is_whole or each.is_in(shown))
    ]
    files = {each.filename: each for each in (*of_corpus, *found)}
    found = [each for each in published if each is files.get(each.filename)]
    whole = run.transcript.numbered(range(1, len(run.transcript) + 1))
    return with_early_requests(found, whole, root=root)
