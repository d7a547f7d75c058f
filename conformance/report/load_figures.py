"""The figures of a load: how many requests, how fast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from conformance.load.record import by_purpose, percentile
from conformance.report.result import LoadFigure, LoadFigures
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.load.record import Sample
    from conformance.load.task import LoadSettings
    from conformance.load.traffic import Traffic


def load_figures(settings: LoadSettings, seen: Traffic) -> LoadFigures:
    """Return the figures of a load, of all requests and visits after its warm-up."""
    began = min((each.sent for each in seen.samples), default=0.0) + settings.warm_up
    measured = [each for each in seen.samples if each.sent >= began]
    seconds = max((each.sent + each.seconds for each in measured), default=began) - began
    arrived, not_begun = _visits(seen, began)
    return LoadFigures(
        users=settings.users,
        mix=settings.mix,
        seconds=round(seconds, 1),
        processes=seen.processes,
        arrivals=settings.arrivals,
        arrived=arrived,
        not_begun=not_begun,
        purposes=tuple(
            _figure(purpose, some, seconds) for purpose, some in sorted(by_purpose(measured).items())
        ),
    )


def _visits(seen: Traffic, began: float) -> tuple[float, int]:
    """Return how many visits a second arrived in the whole seconds after the warm-up, and how many could not begin."""
    moments = {*seen.begun, *seen.not_begun}
    first, last = math.ceil(began), max(moments, default=0)
    not_begun = sum(number for second, number in seen.not_begun.items() if second >= first)
    arrived = sum(
        number
        for counts in (seen.begun, seen.not_begun)
        for second, number in counts.items()
        if first <= second < last
    )
    return round(arrived / (last - first), 1) if last > first else 0.0, not_begun


def _figure(purpose: str, samples: Sequence[Sample], seconds: float) -> LoadFigure:
    times = [each.seconds for each in samples]
    return LoadFigure(
        purpose=purpose,
        requests=len(samples),
        per_second=round(len(samples) / seconds, 1) if seconds else 0.0,
        failed=sum(each.failed for each in samples),
        median=round(percentile(times, 0.5), 4),
        p95=round(percentile(times, 0.95), 4),
        p99=round(percentile(times, 0.99), 4),
        slowest=round(max(times), 4),
    )


def figures_note(figures: LoadFigures) -> list[str]:
    """Return the figures as sentences, for every report."""
    users = counted(figures.users, "client")
    clients = f"{users} ({figures.mix})"
    if figures.arrivals:
        reached = f", {figures.arrived:g} reached" if figures.arrived else ""
        clients = f"{figures.arrivals:g} visits a second asked for{reached} ({figures.mix}), at most {users} at once,"
    sent = counted(figures.requests, "request")
    whole = f"{clients} for {figures.seconds:g} s: {sent}, {figures.per_second:.0f} a second, {figures.failed} failed."
    turned_away = (
        f"{counted(figures.not_begun, 'visit')} could not begin beside the {users} that may be there at once."
    )
    each_one = [
        f"{each.purpose}: {counted(each.requests, 'request')}, {each.per_second:g} a second, {each.failed} failed; "
        f"half within {_ms(each.median)}, 95% within {_ms(each.p95)}, 99% within {_ms(each.p99)}, "
        f"slowest {_ms(each.slowest)}."
        for each in figures.purposes
    ]
    return [whole, *([turned_away] if figures.not_begun else []), *each_one]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
