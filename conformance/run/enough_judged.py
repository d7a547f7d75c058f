"""Guards against a green run that has not judged: each returns a note, empty where all is well."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.run.existing_projects import listed_files
from conformance.verdicts import NotJudged
from conformance.verdicts.counting import counted
from conformance.wire import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from conformance.report.check_result import CheckResult
    from conformance.run.run import Run

REJECTIONS = frozenset({401, 403, 404})
"""Statuses of a registry that rejects the credential, or that is not at this URL."""

FEWEST_ANSWERS = 12
"""The number of answers that have to be alike: a single check may well expect only rejections."""

NAMED = 10


def only_rejections(results: Iterable[CheckResult]) -> str:
    """Return a note where checks got no answer but 401, 403 and 404.

    Answers that the set-up got, and checks look at again, do not count.
    """
    seen = Counter(status for result in results for status in _own_statuses(result))
    if seen.total() < FEWEST_ANSWERS or seen.keys() - REJECTIONS:
        return ""
    statuses = " or ".join(str(status) for status in sorted(seen))
    return (
        f"All {seen.total()} answers to the checks were {statuses}: every request was rejected, so nothing was judged. "
        "Check the URL, the credential, its scopes and its expiry; `registry-conformance doctor` helps."
    )


def _own_statuses(result: CheckResult) -> list[int]:
    """Return the statuses of the answers to a check's own requests: the last of its exchanges."""
    before = max((exchange.number for exchange in result.exchanges), default=0) - result.requests
    return [
        exchange.status
        for exchange in result.exchanges
        if exchange.number > before and exchange.status is not None
    ]


def no_files(run: Run) -> str:
    """Return a note where a read-only run saw no file: then most checks had nothing to look at.

    Where the pages cannot be read at the end, because of a limit or the network, the results of the checks say so.
    """
    try:
        if not run.options.read_only or listed_files(run.registry, run.projects):
            return ""
    except (NotJudged, Unreachable):
        return ""
    names = ", ".join(run.projects[:NAMED])
    return f"No file is listed by {names}: name projects that have files with --project."


def missing_results(planned: Set[str], results: Mapping[str, CheckResult]) -> str:
    """Return a note with the requirements of the plan that have no result."""
    missing = sorted(planned - results.keys())
    if not missing:
        return ""
    return f"{counted(len(missing), 'planned requirement')} without a result: {_named(missing)}"


def areas_below_minimum(results: Iterable[CheckResult], least: Mapping[str, int]) -> str:
    """Return a note with the areas in which fewer requirements were judged than the profile demands."""
    judged = Counter(result.area for result in results if result.verdict.judged)
    thin = [
        f"{area} {judged[area]}, expected at least {floor}"
        for area, floor in sorted(least.items())
        if judged[area] < floor
    ]
    return f"Too few requirements were judged for a verdict: {'; '.join(thin)}." if thin else ""


def _named(ids: list[str]) -> str:
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more} more" if more > 0 else "")
