"""The figures of a load: how many requests, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.load.record import by_purpose, percentile
from conformance.report.result import LoadFigure, LoadFigures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.load.record import Sample
    from conformance.load.task import LoadSettings


def load_figures(
    settings: LoadSettings, samples: Sequence[Sample], *, processes: int, not_begun: int = 0
) -> LoadFigures:
    """Return the figures of a load, of all requests after its warm-up. `not_begun` counts visits that found no room."""
    began = min((each.sent for each in samples), default=0.0) + settings.warm_up
    counted = [each for each in samples if each.sent >= began]
    seconds = max((each.sent + each.seconds for each in counted), default=began) - began
    return LoadFigures(
        users=settings.users,
        mix=settings.mix,
        seconds=round(seconds, 1),
        processes=processes,
        arrivals=settings.arrivals,
        not_begun=not_begun,
        purposes=tuple(
            _figure(purpose, some, seconds) for purpose, some in sorted(by_purpose(counted).items())
        ),
    )


def _figure(purpose: str, samples: Sequence[Sample], seconds: float) -> LoadFigure:
    times = [each.seconds for each in samples]
    return LoadFigure(
        purpose=purpose,
        requests=len(samples),
        per_second=round(len(samples) / seconds, 1) if seconds else 0.0,
        failed=sum(not each.status or each.status >= 500 for each in samples),
        median=round(percentile(times, 0.5), 4),
        p95=round(percentile(times, 0.95), 4),
        p99=round(percentile(times, 0.99), 4),
        slowest=round(max(times), 4),
    )


def figures_note(figures: LoadFigures) -> list[str]:
    """Return the figures as sentences, for every report."""
    requests = sum(each.requests for each in figures.purposes)
    failed = sum(each.failed for each in figures.purposes)
    rate = requests / figures.seconds if figures.seconds else 0
    clients = f"{figures.users} clients ({figures.mix})"
    if figures.arrivals:
        clients = (
            f"{figures.arrivals:g} visits a second ({figures.mix}), at most {figures.users} clients at once,"
        )
    whole = f"{clients} for {figures.seconds:g} s: {requests} requests, {rate:.0f} a second, {failed} failed."
    turned_away = f"{figures.not_begun} visits could not begin: {figures.users} clients waited for responses."
    each_one = [
        f"{each.purpose}: {each.requests} requests, {each.per_second:g} a second, {each.failed} failed; half within "
        f"{_ms(each.median)}, 95% within {_ms(each.p95)}, 99% within {_ms(each.p99)}, slowest {_ms(each.slowest)}."
        for each in figures.purposes
    ]
    return [whole, *([turned_away] if figures.not_begun else []), *each_one]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
