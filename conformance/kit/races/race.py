"""Requests that are sent at the same moment, and what the registry made of them.

A race is run in rounds, in a new project and in an existing one in turn, and each round is read back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from threading import Barrier
from typing import TYPE_CHECKING

from conformance.kit.races.looks import Look, look_at
from conformance.kit.races.racers import Racer, T, wait_for_all
from conformance.kit.races.watch import Watch
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.kit.races.rounds import Round
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

SENDERS = 4
"""How many actions start at the same moment by default."""


class Race:
    """Starts several actions at the same moment, each with connections of its own.

    The connections are kept from race to race: opening one would take longer than the race.
    """

    def __init__(self, registry: RegistryClient, forms: tuple[str, ...]) -> None:
        self._registry = registry
        self.forms = forms
        """The forms in which pages are read: `html`, `json`."""
        self._lanes: list[RegistryClient] = []
        self.reader = registry.twin()
        """A connection of its own for reading while the actions run."""

    def __call__(self, *actions: Callable[[RegistryClient], T]) -> list[T]:
        """Return what the actions returned, in their order; raise what one of them raised, deviations first."""
        while len(self._lanes) < len(actions):
            self._lanes.append(self._registry.twin())
        line = Barrier(len(actions))
        racers = [Racer(action, lane, line) for action, lane in zip(actions, self._lanes, strict=False)]
        for racer in racers:
            racer.start()
        wait_for_all(racers)
        return [racer.returned for racer in racers]

    def watch(self, project: str, *, kept: Iterable[str] = ()) -> Watch:
        """Return a reader of a project's page for the time of a change, with a connection of its own.

        The page shows what was published before.
        """
        self.reader.await_page(project)
        return Watch(self.reader, project, self.forms, kept=kept)


@dataclass(frozen=True, kw_only=True)
class Heat:
    """One round of uploads with its answers, and the pages after it, in each form."""

    round: Round
    sent: tuple[Distribution, ...]
    answers: tuple[Answer, ...]
    last: tuple[Look, ...]

    @property
    def accepted(self) -> tuple[Distribution, ...]:
        """The distributions that the registry accepted."""
        pairs = zip(self.sent, self.answers, strict=True)
        return tuple(distribution for distribution, answer in pairs if answer.is_success)

    @property
    def failures(self) -> list[str]:
        """The answers that neither accept nor refuse. 503 counts as a refusal: it asks for another try."""
        wrong = (each for each in self.answers if not 200 <= each.status < 500 and each.status != 503)
        return [f"{each} {each.excerpt(120)}".strip() for each in wrong]

    def __str__(self) -> str:
        """Say where this was seen."""
        statuses = ", ".join(f"{each.status} [{each.exchange.number}]" for each in self.answers)
        pages = "; ".join(str(seen.answer) for seen in self.last)
        return f"{self.round}: uploads at the same moment, answered {statuses}; then {pages}"


@dataclass(frozen=True, kw_only=True)
class WatchedHeat(Heat):
    """A round of uploads with the files before it, and with what a reader got meanwhile."""

    before: tuple[Distribution, ...]
    watch: Watch


def timed(
    action: Callable[[RegistryClient], T], *, after: float = 0.0
) -> Callable[[RegistryClient], tuple[T, float]]:
    """Return an action that begins some seconds later, and returns how many it took, too."""

    def run(registry: RegistryClient) -> tuple[T, float]:
        time.sleep(max(0.0, after))
        began = time.monotonic()
        return action(registry), time.monotonic() - began

    return run


def uploading(distribution: Distribution) -> Callable[[RegistryClient], Answer]:
    """Return an action that uploads a distribution."""
    return lambda registry: registry.upload(distribution)


def upload_together(
    race: Race, rounds: Iterable[Round], make: Callable[[Round], Sequence[Distribution]]
) -> tuple[Heat, ...]:
    """Upload the distributions of each round at the same moment, and read the project back.

    As many projects as can be read side by side are taken together, their first rounds before their second ones.
    Between them the rounds that remain are asked for: how many those are depends on the time.
    """
    heats: list[Heat] = []
    remaining = iter(rounds)
    while some := list(islice(remaining, 2 * race.reader.at_once)):
        for is_new in (True, False):
            heats += _read_back(race, [(each, tuple(make(each))) for each in some if each.is_new is is_new])
    return tuple(sorted(heats, key=lambda heat: heat.round.number))


def _read_back(race: Race, rounds: Sequence[tuple[Round, tuple[Distribution, ...]]]) -> list[Heat]:
    """Upload the distributions of rounds in several projects, one round after the other, and read all of them."""
    answers = [tuple(race(*map(uploading, sent))) for _, sent in rounds]
    looks = race.reader.read_each(lambda each: look_at(race.reader, each[0].project, race.forms), rounds)
    return [
        Heat(round=each, sent=sent, answers=answered, last=last)
        for (each, sent), answered, last in zip(rounds, answers, looks, strict=True)
    ]


def watched_uploads(race: Race, rounds: Iterable[Round]) -> tuple[WatchedHeat, ...]:
    """Upload the files of a release at the same moment, while a reader watches the page."""
    heats: list[WatchedHeat] = []
    for each in rounds:
        last = () if each.is_new else heats[-1].last
        before = () if each.is_new else heats[-1].accepted
        sent = (
            *(wheel(each.project, f"{each.number}.{minor}") for minor in range(SENDERS - 1)),
            sdist(each.project, f"{each.number}.0"),
        )
        kept = frozenset.intersection(*(seen.page.filenames for seen in last)) if last else frozenset()
        with race.watch(each.project, kept=kept) as watch:
            answers = tuple(race(*map(uploading, sent)))
        heats.append(
            WatchedHeat(round=each, sent=sent, answers=answers, last=watch.last, before=before, watch=watch)
        )
    return tuple(heats)
