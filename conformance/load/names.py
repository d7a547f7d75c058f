"""The names that the users of a load publish under: every process comes to the same ones without asking."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from random import Random

    from reference_server.distributions import Distribution

PERIOD = 0.5
"""Seconds between two moments at which publishers meet."""


@dataclass(frozen=True)
class Names:
    """The projects of a run; `projects` is how many of them last for the whole run."""

    run_id: str
    projects: int

    def lasting(self, number: int) -> str:
        """Return a project that is published to during the whole run."""
        return f"conformance-{self.run_id}-load-{number % self.projects}"

    def new(self, moment: int) -> str:
        """Return the project that is created at a moment by everyone who meets then."""
        return f"conformance-{self.run_id}-new-{moment}"

    def any_project(self, random: Random) -> str:
        """Return a project to look at: most often a lasting one, else one that was created a moment ago."""
        if random.random() < 0.3:
            return self.new((this_moment() - random.randrange(8)) | 1)
        return self.lasting(random.randrange(self.projects))

    def release(self, random: Random) -> tuple[Distribution, Distribution]:
        """Return the wheel and the sdist of a version that no other user publishes."""
        project, version = self.lasting(random.randrange(self.projects)), unique_version(random)
        return wheel(project, version), sdist(project, version)

    def at(self, moment: int, random: Random) -> Distribution:
        """Return what a user publishes at a moment when others do, too.

        At even moments it is one file name with the user's own bytes, at odd ones the user's own file of a new project.
        """
        if moment % 2:
            return wheel(self.new(moment), unique_version(random))
        return wheel(self.lasting(moment // 2), f"0.{moment}", marker=f"{random.getrandbits(64):x}")


def unique_version(random: Random) -> str:
    """Return a version that no other user comes to."""
    return f"1.{random.getrandbits(48)}"


def this_moment() -> int:
    """Return the number of the current period, on the clock that all machines share as well as they can."""
    return int(time.time() / PERIOD)


def until(moment: int) -> float:
    """Return the seconds until a moment begins."""
    return max(0.0, moment * PERIOD - time.time())
