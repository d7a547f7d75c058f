"""How many problems a result has, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.verdicts import Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from conformance.report.result import RunResult


def problem_counts(result: RunResult) -> str:
    """Return how many scored requirements failed and warned, and from how many causes; empty without any."""
    counts = result.tally.counts
    nouns = {Verdict.FAILED: "failure", Verdict.WARNED: "warning"}
    found = [counted(counts[verdict], noun) for verdict, noun in nouns.items() if counts[verdict]]
    deviations = [each for each in result.of(*nouns) if each.scored]
    causes = {each.cause or each.id for each in deviations}
    origin = f" from {counted(len(causes), 'cause')}" if len(causes) < len(deviations) else ""
    return f"{' and '.join(found)}{origin}" if found else ""
