"""The line of progress counts what came since the line before, and no request twice."""

from __future__ import annotations

from conformance.load.progress import LATEST, Progress
from conformance.load.record import Sample


def test_a_line_has_the_totals_and_the_speed_of_the_last_requests() -> None:
    progress = Progress()
    progress.add([Sample(0, "page", 9.0, 200)] * 10)
    progress.add(
        [Sample(0, "page", 0.5, 503), Sample(0, "page", 0.5, 0), *[Sample(0, "page", 0.5, 200)] * LATEST]
    )
    assert (progress.requests, progress.failed) == (LATEST + 12, 2)
    line = " ".join(progress.line(10).split())
    assert line == "10 s 1012 requests 101/s 95% within 0.50 s 2 failed"
