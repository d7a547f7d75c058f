"""The limits of a run: what they leave unjudged, and how a check that was throttled is run again."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import wraps
from typing import TYPE_CHECKING

import pytest

from conformance.report.check_result import DEVIATING
from conformance.verdicts.counting import counted
from conformance.wire import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.report.check_result import CheckResult
    from conformance.target.settling import Settling
    from conformance.wire import Budget

_GATEWAY = re.compile(r"(status|→) 50[24]\b")

FEW = 3
"""A proxy may lose a connection now and then: fewer requirements are no pattern."""

MOST_NAMED = 10
"""How many requirements a note names; the result has all of them."""

TRIES = 3
"""How often a check is run whose requests cannot be sent again one by one."""


def throttling_note(budget: Budget) -> str:
    """Return how the registry throttled the run; empty where it did not."""
    found = budget.throttling
    if found is None:
        return ""
    rate = f" --rate {found.rate} seems to stay below its limit." if found.rate else ""
    return (
        f"The registry throttled this run: it refused {counted(found.refused, 'request')}, "
        f"and the run paused for {found.paused:g} s.{rate}"
    )


def strain_note(budget: Budget) -> str:
    """Return that the registry does not take many requests at once; empty where it does, or got none."""
    strained = budget.strained
    if not strained:
        return ""
    return (
        f"{counted(strained, 'check')} failed beside others, and passed alone, which counts: the registry does not "
        "take many requests at once. --at-once 1 sends one after the other."
    )


def settling_note(settling: Settling) -> str:
    """Return how long the registry took to show what it had accepted; empty where it never took any time."""
    seconds = settling.longest
    if not seconds:
        return ""
    took = f"The registry took up to {seconds:.2g} s to list what it had accepted"
    if settling.limit and seconds > settling.limit:
        return f"{took}, longer than this run waited; use --settle {math.ceil(2 * seconds)}."
    waits, waited = settling.waits
    return f"{took}; the checks waited for it {counted(waits, 'time')}, for {waited:.0f} s in all."


def gateway_note(results: Iterable[CheckResult]) -> str:
    """Return that a proxy reached no registry, where several requirements deviate for that; empty otherwise."""
    group = [each for each in results if each.verdict in DEVIATING and _GATEWAY.search(each.message)]
    if len(group) < FEW:
        return ""
    return (
        f"{counted(len(group), 'requirement')} deviated where a proxy answered 502 or 504: it reached no server, or "
        "got no answer in time. One of several servers behind it may be down; mend that first."
    )


def unjudged_notes(results: Iterable[CheckResult]) -> list[str]:
    """Return one note per limit that kept requirements from being judged, with some of their ids."""
    stopped: dict[str, list[CheckResult]] = defaultdict(list)
    for result in results:
        if result.stopped_by:
            stopped[result.stopped_by].append(result)
    return [
        f"{counted(len(group), 'requirement')} not judged, because of {by} ({group[0].message}): "
        f"{_named([each.id for each in group])}."
        for by, group in sorted(stopped.items())
    ]


def _named(ids: Iterable[str]) -> str:
    """Return ids in their order: all of them, or the first ones and the number of the others."""
    named = sorted(ids)
    more = [f"and {len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else []
    return ", ".join([*named[:MOST_NAMED], *more])


def strays_note(paths: Sequence[str]) -> str:
    """Return which files the registry may have written outside its store."""
    return (
        "The registry accepted uploads under names that are paths, and lists their files under no plain name. It may "
        "have written them outside its store, where this run can delete nothing. Look for them in the file system of "
        f"the registry, from the folder that it writes uploads to: {', '.join(paths)}."
    )


def run_again_when_throttled(item: pytest.Item) -> None:
    """Let a check begin again after a pause, where the request that was refused cannot be sent again."""
    if isinstance(item, pytest.Function):
        item.obj = _patient(item.obj)


def _patient(check: Callable[..., None]) -> Callable[..., None]:
    @wraps(check)
    def patient(**fixtures: object) -> None:
        for _ in range(TRIES - 1):
            try:
                return check(**fixtures)
            except Throttled as refusal:
                if not refusal.repeatable:
                    raise
        return check(**fixtures)

    return patient
