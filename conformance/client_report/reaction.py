"""How a client coped: what it did with a fault, compared with what it does without."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.client_report.faulty_registry import Asked
    from conformance.clients import ClientRun

LONGEST_WORDS = 240


class Coping(StrEnum):
    """What a client did."""

    WORKED = "worked"
    """Nothing noticed: as without the fault."""
    RECOVERED = "recovered"
    """As without the fault, after asking again."""
    REFUSED = "refused"
    """Ended with an error, at the first sign of trouble."""
    GAVE_UP = "gave up"
    """Ended with an error, after several attempts."""
    WRONG = "wrong"
    """Said that all is well, and has something else than without the fault, or nothing."""
    HUNG = "hung"
    """Did not end within the limit."""
    CRASHED = "crashed"
    """Ended with a traceback."""


@dataclass(frozen=True, kw_only=True)
class Did:
    """What a client did in one run: `left` has the file names that it took or stored, and whether each is as it was."""

    run: ClientRun
    asked: Asked
    left: Mapping[str, bool]
    said: str


def coping(did: Did, usual: Did) -> Coping:
    """Tell how a client coped, from what it did and what it does without a fault."""
    if did.run.timed_out:
        return Coping.HUNG
    if did.run.exit_code != 0:
        if did.run.exit_code < 0 or _SIGNS_OF_A_CRASH.search(did.run.output):
            return Coping.CRASHED
        return Coping.GAVE_UP if did.asked.attempts(usual.asked) > 1 else Coping.REFUSED
    if did.left != usual.left:
        return Coping.WRONG
    return Coping.RECOVERED if did.asked.again(usual.asked) else Coping.WORKED


_SIGNS_OF_A_CRASH = re.compile(r"Traceback \(most recent call last\)|panicked at|\n +at \S+\.py:\d+ in ")


def detail(did: Did, usual: Did) -> str:
    """Tell how often a client asked, and what it left behind that it should not have."""
    how = coping(did, usual)
    notes = []
    if how is Coping.RECOVERED:
        notes.append(f"asked {_times(did.asked.again(usual.asked))} more")
    elif how in {Coping.GAVE_UP, Coping.CRASHED, Coping.HUNG} and did.asked.attempts(usual.asked) > 1:
        notes.append(f"{did.asked.attempts(usual.asked)} attempts")
    if how is Coping.WRONG:
        notes.append(_difference(did.left, usual.left))
    elif how not in {Coping.WORKED, Coping.RECOVERED} and usual.left and did.left == usual.left:
        notes.append("all was done nevertheless")
    return ", ".join(notes)


def last_words(*streams: str) -> str:
    """Return the last error that a client printed, or the last thing at all, in one line.

    In: `streams`, what it printed, the one that tells more of errors first.
    """
    spoken = [_without_hints(stream) for stream in streams if stream.strip()]
    errors = (_last_from(_ERROR, lines) or _shown_with_source(lines) for lines in spoken)
    anything = (_last_from(_SENTENCE, lines) for lines in spoken)
    words = next(filter(None, errors), None) or next(filter(None, anything), "")
    return words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}…"


_ERROR = re.compile(r"error\b", re.IGNORECASE)
_SENTENCE = re.compile(r"\S|\s+×")  # noqa: RUF001 - as uv prints it; what is indented belongs to what is above
_HINTS = ("You can also run your poetry command with -v", "hint: ")
_SHOWN_WITH_SOURCE = re.compile(r"^ +(\w+)\n+ +(\S.*?)\n+ +at \S+:\d+ in ", re.MULTILINE)
"""How poetry shows an exception: its class, its text, and the lines of the program around it."""


def _without_hints(stream: str) -> list[str]:
    return [line for line in stream.rstrip().splitlines() if not line.startswith(_HINTS)]


def _last_from(beginning: re.Pattern[str], lines: list[str]) -> str:
    begins = [number for number, line in enumerate(lines) if beginning.match(line)]
    return " ".join(" ".join(lines[begins[-1] :]).split()) if begins else ""


def _shown_with_source(lines: list[str]) -> str:
    shown = _SHOWN_WITH_SOURCE.findall("\n".join(lines))
    return ": ".join(shown[-1]) if shown else ""


def _difference(left: Mapping[str, bool], usual: Mapping[str, bool]) -> str:
    altered = [name for name, is_right in left.items() if not is_right and usual.get(name, True)]
    if altered:
        return f"{', '.join(altered)} is not what was published"
    return f"{', '.join(left) or 'nothing'} instead of {', '.join(usual) or 'nothing'}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
