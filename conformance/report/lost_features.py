"""Features whose requirements were judged before, and do not apply any more: a gate is not green without them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conformance.catalogue.features import alternatives, in_words
from conformance.target.claims import EVIDENCE, certain_features
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
        f"{_claim(feature)} in registry.toml makes that a failure.{also}"
        for feature, ids in sorted(of_absent_features(scored, read_only=read_only).items())
    ]


def of_absent_features(results: Iterable[CheckResult], *, read_only: bool) -> dict[str, list[str]]:
    """Return the requirements that do not apply, by what they need and the registry does not have.

    That is a feature, such as `json`, or one of several, such as `project-list or json`. A feature of which the
    registry has an older version only is there.
    """
    certain = certain_features(read_only=read_only)
    found: dict[str, list[str]] = defaultdict(list)
    for each in results:
        if each.verdict is Verdict.NOT_APPLICABLE:
            for expression in each.lacking:
                if _is_absent(expression, certain):
                    found[in_words(expression)].append(each.id)
    return found


def _is_absent(expression: str, certain: Collection[str]) -> bool:
    """Tell whether each alternative that a result lacks has a feature that a run finds wherever it is."""
    return all(
        any(term.version is None and term.feature in certain for term in terms)
        for terms in alternatives(expression)
    )


def _claim(feature: str) -> str:
    return f'`features = ["{feature}"]`' if feature in EVIDENCE else "What it had of these, in `features`"


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
