"""The result as a badge: an SVG file, drawn offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.report.templates import render
from conformance.verdicts import ExitCode, Verdict

if TYPE_CHECKING:
    from conformance.report.result import RunResult

LABEL = "conformance"
CHARACTER, PADDING = 6.5, 10
"""Widths in pixels, for text of 11 pixels; `textLength` makes it fit in any font."""

COLOURS = {ExitCode.CONFORMS: "#1a7f37", ExitCode.DEVIATES: "#c62828", ExitCode.STALE_BASELINE: "#9a6700"}
UNKNOWN = "#59636e"


def as_badge(result: RunResult) -> str:
    """Return an SVG image with the verdict of a run."""
    words = _words(result)
    left, right = (round(len(text) * CHARACTER) + 2 * PADDING for text in (LABEL, words))
    return render(
        "badge.svg",
        label=LABEL,
        words=words,
        left=left,
        right=right,
        padding=PADDING,
        colour=COLOURS.get(result.exit_code, UNKNOWN),
    )


def _words(result: RunResult) -> str:
    counts = result.tally.counts
    match result.exit_code:
        case ExitCode.CONFORMS:
            part = "choice: " if result.summary.choice else ""
            return f"{part}{counts[Verdict.PASSED]} of {result.tally.judged} passed"
        case ExitCode.DEVIATES:
            return f"{counts[Verdict.FAILED]} of {result.tally.judged} failed"
        case ExitCode.STALE_BASELINE:
            return "baseline out of date"
        case ExitCode.TOO_LITTLE_JUDGED:
            return "too few judged"
        case _:
            return "not judged in full"
