"""What keeps a run from being green without having looked: each guard returns what is wrong, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.verdicts import Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from conformance.report.result import CheckResult

LOCKED = frozenset({401, 403, 404})
"""What a door answers that is locked, or that is not the right one."""

FEWEST_ANSWERS = 12
"""So many answers have to be alike to mean something: a check of its own may well want only refusals."""

NAMED = 10


def locked_out(results: Iterable[CheckResult]) -> str:
    """Tell of checks that were answered nothing but 401, 403 and 404; empty when there was more.

    What the preparation has read, and checks look at again, is no answer to them.
    """
    seen = Counter(status for result in results for status in _asked(result))
    if seen.total() < FEWEST_ANSWERS or seen.keys() - LOCKED:
        return ""
    statuses = " or ".join(str(status) for status in sorted(seen))
    return (
        f"All {seen.total()} answers that the checks got were {statuses}: nothing but a closed door was judged. "
        "Check the URL, the credential, its scopes and its expiry; `registry-conformance doctor` helps."
    )


def _asked(result: CheckResult) -> list[int]:
    """Return the statuses of what a check sent itself: the last exchanges of those it looked at."""
    before = max((exchange["number"] for exchange in result.exchanges), default=0) - result.requests
    return [
        exchange["status"]
        for exchange in result.exchanges
        if exchange["number"] > before and exchange["status"] is not None
    ]


def without_result(planned: Set[str], results: Mapping[str, CheckResult]) -> str:
    """Tell which requirements were to be judged and have no result; empty when there are none."""
    missing = sorted(planned - results.keys())
    if not missing:
        return ""
    return f"There is no result for {counted(len(missing), 'requirement')} of the plan: {_named(missing)}"


def judged_too_little(results: Iterable[CheckResult], least: Mapping[str, int]) -> str:
    """Tell which areas judged less than the profile wants at least; empty when there are none."""
    judged = Counter(result.id.partition(".")[0] for result in results if Verdict(result.verdict).judged)
    thin = [
        f"{area} judged {judged[area]}, and {floor} are the least"
        for area, floor in sorted(least.items())
        if judged[area] < floor
    ]
    return f"Too few requirements were judged in an area: {'; '.join(thin)}." if thin else ""


def _named(ids: list[str]) -> str:
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more} more" if more > 0 else "")
