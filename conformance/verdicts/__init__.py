"""From what a check did to what it means, and from all of that to an exit code."""

from conformance.errors import ExitCode
from conformance.verdicts.verdict import (
    Deviation,
    Listing,
    NotApplicable,
    NotJudged,
    Outcome,
    Tally,
    Untestable,
    Verdict,
    outcome_of,
    verdict_of,
)

__all__ = [
    "Deviation",
    "ExitCode",
    "Listing",
    "NotApplicable",
    "NotJudged",
    "Outcome",
    "Tally",
    "Untestable",
    "Verdict",
    "outcome_of",
    "verdict_of",
]
