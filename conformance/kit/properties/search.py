"""The search for an example that deviates, by Hypothesis."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import FlakyFailure

from conformance.verdicts import Deviation, NotJudged
from conformance.wire import EndlessAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_DRAWING = Lock()
"""Older versions of Hypothesis draw in one thread at a time."""


def search(
    strategy: SearchStrategy[T],
    body: Callable[[T], None],
    *,
    named: Callable[[T], str],
    count: int,
    seed: int,
    shrink: bool,
) -> None:
    """Run `body` on `count` examples of a strategy, or until one deviates; see `Examples.each`.

    Raises Deviation, and what `body` raises.
    """
    seen: list[Deviation] = []
    which = "smallest" if shrink else "first"
    stopped: list[NotJudged | Deviation] = []

    @seeded(seed)
    @bounded(count, shrink=shrink)
    @given(strategy)
    def run(example: T) -> None:
        if stopped:
            raise stopped[0]
        try:
            body(example)
        except NotJudged as limit:
            stopped.append(limit)
            raise
        except Deviation as deviation:
            seen.append(deviation)
            found = example_named(deviation, which, seed, named(example), seen_first=seen[0])
            if isinstance(deviation, EndlessAnswer):  # one such answer takes minutes
                stopped.append(found)
            raise found from deviation

    try:
        run()
    except (FlakyFailure, NotJudged) as error:
        raise _reason(error, seen, stopped) from error


def drawn_from(strategy: SearchStrategy[T], count: int, *, seed: int) -> list[T]:
    """Return the examples that a search tries where none deviates."""
    examples: list[T] = []

    @seeded(seed)
    @bounded(count, shrink=False)
    @given(strategy)
    def draw(example: T) -> None:
        examples.append(example)

    with _DRAWING:
        draw()
    return examples


def bounded(count: int, *, shrink: bool, steps: int = 1) -> settings:
    """Return the settings of a search of `count` examples, of so many `steps` each for a state machine."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )


def _reason(
    error: FlakyFailure | NotJudged, seen: list[Deviation], stopped: list[NotJudged | Deviation]
) -> Exception:
    """Return what ended a search: a deviation that was seen counts, even where a limit cut the search short."""
    if stopped:
        return (seen or stopped)[0]
    assert isinstance(error, FlakyFailure)  # noqa: S101 - a limit is always among `stopped`
    return deviation_once(error, "this example was sent") or error.exceptions[0]


def example_named(
    deviation: Deviation, which: str, seed: int, example: str, *, seen_first: Deviation | None = None
) -> Deviation:
    """Return a deviation with its example, which is the first or the smallest one of a seed."""
    ending = f"{which} failing example, seed {seed}: {example}"
    return _with_ending(deviation, ending, seen_first=seen_first)


def _with_ending(deviation: Deviation, ending: str, *, seen_first: Deviation | None) -> Deviation:
    found = f"{deviation.found}\n{ending}"
    return Deviation(expected=deviation.expected, found=found, where=deviation.where, seen_first=seen_first)


def deviation_once(flaky: FlakyFailure, what: str) -> Deviation | None:
    """Return the deviation that a repetition did not reproduce; `what` was repeated. None for other errors."""
    for error in flaky.exceptions:
        if isinstance(error, Deviation):
            return seen_once(error, what)
    return None


def seen_once(deviation: Deviation, what: str = "this example was sent") -> Deviation:
    """Return a deviation that a repetition did not reproduce; `what` was repeated."""
    return _with_ending(deviation, f"but not every time that {what}", seen_first=deviation.seen_first)
