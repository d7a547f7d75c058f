"""What changed between two results: what regressed, what is fixed, what is new, what is gone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from conformance.catalogue import Level
from conformance.report.change import ABSENT, Change, Kind, Since
from conformance.verdicts import Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from conformance.report.check_result import CheckResult
    from conformance.report.result import JudgedTarget, RunResult

_FROM_GOOD_TO_BAD = (Verdict.PASSED, Verdict.NOTED, Verdict.WARNED, Verdict.FAILED)
_DEVIATING = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}


IN_ONE_ONLY = frozenset({Kind.NEW, Kind.GONE})


def since(earlier: RunResult, later: RunResult) -> Since:
    """Return what changed from one result to another."""
    one, other = ({each.id: each for each in result.results} for result in (earlier, later))
    found = (
        Change(kind=kind, id=name, before=_verdict(one.get(name)), after=_verdict(other.get(name)))
        for name in one.keys() | other.keys()
        if (kind := _kind(one.get(name), other.get(name)))
    )
    order = [*Kind]
    return Since(
        run=earlier.run,
        url="" if _is_same(earlier.target, later.target) else earlier.target.url,
        both=len(one.keys() & other.keys()),
        changes=tuple(sorted(found, key=lambda each: (order.index(each.kind), each.id))),
    )


def _is_same(one: JudgedTarget, other: JudgedTarget) -> bool:
    """Tell whether two targets are one registry; the embedded server has another port in each run."""
    return one.addresses == other.addresses or (one.embedded and other.embedded)


def with_changes(later: RunResult, earlier: RunResult) -> RunResult:
    """Return a result that says what changed since an earlier one."""
    return msgspec.structs.replace(later, since=since(earlier, later))


def as_lines(found: Since, *, most: int | None = None) -> list[str]:
    """Return a line for each change, and one that counts all.

    With `most`, there are at most so many lines, and what is in one of the results only is counted alone: a choice of
    checks lacks all others.
    """
    listed = [each for each in found.changes if most is None or each.kind not in IN_ONE_ONLY]
    shown = listed[:most]
    widest = max((len(each.id) for each in shown), default=0)
    rest = len(listed) - len(shown)
    return [
        *(f"{each.kind:<12}  {each.id:<{widest}}  {each.before} → {each.after}" for each in shown),
        *([f"and {rest} more"] if rest else []),
        summary(found),
    ]


def summary(found: Since) -> str:
    """Return how many requirements changed in which way, such as "1 regressed, 2 fixed, of 480 requirements"."""
    counts = Counter(each.kind for each in found.changes)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind]) or "no change"
    return f"{told}, of {counted(found.both, 'requirement')} in both results"


def _verdict(result: CheckResult | None) -> str:
    return str(result.verdict) if result else ABSENT


def _kind(before: CheckResult | None, after: CheckResult | None) -> Kind | None:
    if before is None:
        return Kind.NEW
    if after is None:
        return Kind.GONE
    one, other = _behaviour(before), _behaviour(after)
    if one is None or other is None:
        if one is other:
            return None
        return Kind.JUDGED if one is None else Kind.UNJUDGED
    if one is other:
        return Kind.DIFFERENT if before.signature != after.signature else None
    worse = _FROM_GOOD_TO_BAD.index(other) > _FROM_GOOD_TO_BAD.index(one)
    return Kind.REGRESSED if worse else Kind.FIXED


def _behaviour(result: CheckResult) -> Verdict | None:
    """Return how the target did, whatever its baseline lists; None where that was not judged."""
    if result.verdict in {Verdict.KNOWN, Verdict.STALE}:
        return Verdict.PASSED if result.passed else _DEVIATING[result.level]
    return result.verdict if result.verdict in _FROM_GOOD_TO_BAD else None
