"""A client's reaction to a fault: what it did, compared with what it does without the fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.client_report.faulty_registry import RequestCounts
    from conformance.clients import ClientRun

LONGEST_MESSAGE = 240


class Reaction(StrEnum):
    """What a client observed."""

    WORKED = "worked"
    """Did what it does without the fault."""
    RECOVERED = "recovered"
    """Did what it does without the fault, after repeating requests."""
    REFUSED = "refused"
    """Ended with an error, at the first sign of trouble."""
    GAVE_UP = "gave up"
    """Ended with an error, after several attempts."""
    WRONG = "wrong"
    """Reported success, but ended with other files than without the fault, or none."""
    HUNG = "hung"
    """Did not end within the limit."""
    CRASHED = "crashed"
    """Ended with a traceback."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What one run of a client did. `files` are those received or uploaded, and whether their bytes are right."""

    run: ClientRun
    requests: RequestCounts
    files: Mapping[str, bool]
    message: str


def classify(observed: Observation, usual: Observation) -> Reaction:
    """Classify a run by comparing it with the usual run, which has no fault."""
    if observed.run.timed_out:
        return Reaction.HUNG
    if observed.run.exit_code != 0:
        if observed.run.exit_code < 0 or _SIGNS_OF_A_CRASH.search(observed.run.output):
            return Reaction.CRASHED
        return Reaction.GAVE_UP if observed.requests.attempts(usual.requests) > 1 else Reaction.REFUSED
    if observed.files != usual.files:
        return Reaction.WRONG
    return Reaction.RECOVERED if observed.requests.repetitions(usual.requests) else Reaction.WORKED


_SIGNS_OF_A_CRASH = re.compile(r"Traceback \(most recent call last\)|panicked at|\n +at \S+\.py:\d+ in ")


def detail(observed: Observation, usual: Observation) -> str:
    """Return how often a client repeated a request, and which files are wrong."""
    reaction = classify(observed, usual)
    notes = []
    if reaction is Reaction.RECOVERED:
        notes.append(f"asked {_times(observed.requests.repetitions(usual.requests))} more")
    elif (
        reaction in {Reaction.GAVE_UP, Reaction.CRASHED, Reaction.HUNG}
        and observed.requests.attempts(usual.requests) > 1
    ):
        notes.append(f"{observed.requests.attempts(usual.requests)} attempts")
    if reaction is Reaction.WRONG:
        notes.append(_difference(observed.files, usual.files))
    elif (
        reaction not in {Reaction.WORKED, Reaction.RECOVERED}
        and usual.files
        and observed.files == usual.files
    ):
        notes.append("the files are right nevertheless")
    return ", ".join(notes)


def last_message(*streams: str) -> str:
    """Return the last error that a client printed, or else its last line, as one line.

    In: `streams`, its output streams, the one with more errors first.
    """
    spoken = [_without_hints(stream) for stream in streams if stream.strip()]
    errors = (_last_from(_ERROR, lines) or _error_with_source(lines) for lines in spoken)
    anything = (_last_from(_SENTENCE, lines) for lines in spoken)
    words = next(filter(None, errors), None) or next(filter(None, anything), "")
    return words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"


_ERROR = re.compile(r"error\b", re.IGNORECASE)
_SENTENCE = re.compile(r"\S|\s+×")  # noqa: RUF001 - as uv prints it; what is indented belongs to what is above
_HINTS = ("You can also run your poetry command with -v", "WARNING: Add '-v' to see", "hint: ")
_ERROR_WITH_SOURCE = re.compile(r"^ +(\w+)\n+ +(\S.*?)\n+ +at \S+:\d+ in ", re.MULTILINE)
"""How poetry shows an exception: its class, its text, and the lines of the program around it."""


def _without_hints(stream: str) -> list[str]:
    return [line for line in stream.rstrip().splitlines() if not line.startswith(_HINTS)]


def _last_from(beginning: re.Pattern[str], lines: list[str]) -> str:
    begins = [number for number, line in enumerate(lines) if beginning.match(line)]
    return " ".join(" ".join(lines[begins[-1] :]).split()) if begins else ""


def _error_with_source(lines: list[str]) -> str:
    shown = _ERROR_WITH_SOURCE.findall("\n".join(lines))
    return ": ".join(shown[-1]) if shown else ""


def _difference(files: Mapping[str, bool], usual: Mapping[str, bool]) -> str:
    altered = [name for name, is_right in files.items() if not is_right and usual.get(name, True)]
    if altered:
        return f"{', '.join(altered)} is not what was published"
    return f"{', '.join(files) or 'nothing'} instead of {', '.join(usual) or 'nothing'}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
