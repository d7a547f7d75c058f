"""Features whose requirements were judged before, and do not apply any more: a gate is not green without them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conformance.target.claims import certain_features
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult


def lost_features(
    results: Iterable[CheckResult], judged: Collection[str], *, read_only: bool, by: str, also: str = ""
) -> list[str]:
    """Return a line for each feature that requirements need which were `judged` before, and do not apply any more.

    `by` is what had them, such as "the baseline lists", and `also` ends each line. Of a few projects that a run only
    reads, files and marks may have changed, and what only uploads show is unknown.
    """
    scored = (each for each in results if each.id in judged and each.scored)
    return [
        f"The registry does not offer {feature} any more: {by} {counted(len(ids), 'requirement')} that need it. "
        f'`features = ["{feature}"]` in registry.toml makes that a failure.{also}'
        for feature, ids in sorted(of_absent_features(scored, read_only=read_only).items())
    ]


def of_absent_features(results: Iterable[CheckResult], *, read_only: bool) -> dict[str, list[str]]:
    """Return the requirements that do not apply, by each feature that they need and the registry does not have."""
    certain = certain_features(read_only=read_only)
    found: dict[str, list[str]] = defaultdict(list)
    for each in results:
        if each.verdict is Verdict.NOT_APPLICABLE:
            for feature in certain.intersection(each.lacking):
                found[feature].append(each.id)
    return found


def held_to_earlier(later: RunResult, earlier: RunResult) -> RunResult:
    """Return a result that is not green where a feature is lost which an earlier one had judged."""
    if later.summary.read_only != earlier.summary.read_only or later.target.profile != earlier.target.profile:
        return later
    judged = {each.id for each in earlier.results if each.verdict.judged}
    lines = lost_features(
        later.results, judged, read_only=later.summary.read_only, by=f"run {earlier.run} judged"
    )
    if not lines:
        return later
    code = later.exit_code
    summary = msgspec.structs.replace(
        later.summary,
        exit_code=ExitCode.TOO_LITTLE_JUDGED if code is ExitCode.CONFORMS else code,
        notes=(*later.summary.notes, *lines),
        reasons=(*later.summary.reasons, *lines),
    )
    return msgspec.structs.replace(later, summary=summary)
