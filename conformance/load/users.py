"""What Locust counts as a user: one client after the other (closed load), or a source of clients (open load)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, ClassVar, Protocol

import gevent
from locust import User, task
from locust.exception import StopUser

from conformance.load.arrivals import Arrivals, share_of
from conformance.load.behaviours import BEHAVIOURS
from conformance.load.mixes import mix
from conformance.verdicts import NotJudged
from conformance.wire.budget import Throttled

if TYPE_CHECKING:
    from conformance.load.mixes import Share
    from conformance.load.task import LoadSettings
    from conformance.load.visitor import Visitor

PAUSE = 1.0
"""Seconds that a user stays away after it was throttled to the end."""

PATIENCE = 60.0
"""Seconds that users have for the end of their visit."""


class Crowd(Protocol):
    """What users need of the process that drives them."""

    @property
    def settings(self) -> LoadSettings:
        """The load; a worker has it from its master."""

    def visitor(self, behaviour: str) -> Visitor:
        """Return a new client."""

    def give_up(self, error: NotJudged) -> None:
        """End the load before its time."""

    def count_arrival(self, begins: bool) -> None:  # noqa: FBT001 - its only argument
        """Count a client of an open load, whose visit begins or finds no room."""


class RegistryUser(User):  # type: ignore[misc, unused-ignore]  # Locust is an extra
    """A user of Locust that behaves as a client."""

    abstract = True
    behaviour: ClassVar[str]
    crowd: ClassVar[Crowd]

    def on_start(self) -> None:
        """Open this user's connection."""
        self._behaves = BEHAVIOURS[self.behaviour](self.crowd.visitor(self.behaviour))
        self._random = Random()  # noqa: S311 - nothing secret

    def wait_time(self) -> float:
        """Return the seconds that this user thinks between two visits."""
        return self._random.uniform(*mix(self.crowd.settings.mix)[self.behaviour].think)

    @task  # type: ignore[misc, unused-ignore]
    def visit(self) -> None:
        """Use the registry once; the whole load ends where the run has to."""
        try:
            self._behaves.visit()
        except Throttled:
            gevent.sleep(PAUSE)  # this visit is over: the registry takes no more for now
        except NotJudged as error:
            self.crowd.give_up(error)
            raise StopUser from None


class Source(User):  # type: ignore[misc, unused-ignore]  # Locust is an extra
    """A user of Locust that lets clients arrive, one source in each process."""

    abstract = True
    crowd: ClassVar[Crowd]

    def on_start(self) -> None:
        """Begin to count the time."""
        settings = self.crowd.settings
        self._arrivals = Arrivals(
            mix(settings.mix),
            rate=settings.arrivals / settings.sources,
            most=share_of(settings.users, settings.sources, self.environment.runner.worker_index),
            random=Random(),  # noqa: S311 - nothing secret
            visitor=self.crowd.visitor,
            give_up=self.crowd.give_up,
            arrived=self.crowd.count_arrival,
        )

    def on_stop(self) -> None:
        """Wait for the clients that are still there."""
        self._arrivals.wait(PATIENCE)

    def wait_time(self) -> float:
        """Return the seconds until the next client arrives."""
        return self._arrivals.pause()

    @task  # type: ignore[misc, unused-ignore]
    def arrive(self) -> None:
        """Let one client arrive."""
        self._arrivals.arrive()


def user_classes(crowd: Crowd, *, is_worker: bool) -> list[type[User]]:
    """Return the users of a load. A worker hears from its master which of all of them it drives."""
    settings = crowd.settings
    if settings.arrivals and not is_worker:
        return [_source(crowd)]
    shares = mix(settings.mix)
    every = BEHAVIOURS if is_worker else shares
    users = [_user(crowd, name, shares.get(name)) for name in every]
    return [*users, _source(crowd)] if is_worker else users


def _user(crowd: Crowd, behaviour: str, share: Share | None) -> type[User]:
    body = {"abstract": False, "behaviour": behaviour, "crowd": crowd, "weight": share.share if share else 1}
    return type(behaviour.capitalize(), (RegistryUser,), body)


def _source(crowd: Crowd) -> type[User]:
    return type("Clients", (Source,), {"abstract": False, "crowd": crowd})
