"""What the checks of races share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pytest

from conformance.kit.driver import Ability, delete_alone
from conformance.kit.races.race import SENDERS, upload_together
from conformance.kit.races.rounds import rounds_of
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Driver, NewName, Race, Rounds
    from conformance.kit.races.race import Heat
    from reference_server.distributions import Distribution

    Delete = Callable[[Distribution], None]

SPELLINGS = ("-", "_", ".", "-_-")
"""What may stand for the separators of a name."""

ONE_FILE = (5, 0.3)
"""The least rounds of one file alone, and the seconds that more of them may take."""

SPELLED = (10, 0.6)
"""The least rounds of first files, and the seconds that more of them may take."""


@dataclass(frozen=True)
class Raced:
    """Uploads that met, run when a check first asks for them."""

    race: Race
    new_name: NewName
    rounds: Rounds

    @cached_property
    def named_alike(self) -> tuple[Heat, ...]:
        """Rounds in which two files of one name are uploaded at the same moment, each of them twice.

        Every two uploads that meet are of one file or of two, so that each round is one of both races.
        """
        return upload_together(
            self.race,
            rounds_of(self.new_name, "named-alike", self.rounds),
            lambda each: [
                wheel(each.project, f"{each.number}.0", marker=f"file {number % 2}")
                for number in range(SENDERS)
            ],
        )

    @cached_property
    def one_file(self) -> tuple[Heat, ...]:
        """Rounds in which one file is uploaded several times at the same moment, and no other of its name."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "one-file", self.rounds.at_least(*ONE_FILE)),
            lambda each: [wheel(each.project, f"{each.number}.0")] * SENDERS,
        )

    @cached_property
    def of_one_version(self) -> tuple[Heat, ...]:
        """Rounds in which wheels of one version are uploaded at the same moment: its first ones, and then others."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "one-version", self.rounds.at_least(*SPELLED)),
            lambda each: [
                wheel(each.project, "1.0", build=f"{each.number}{number}") for number in range(SENDERS)
            ],
        )

    @cached_property
    def spelled(self) -> tuple[Heat, ...]:
        """Rounds in which the first files of a project are uploaded at the same moment, each under a spelling."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "spelled", self.rounds.at_least(*SPELLED)),
            lambda each: [
                wheel(each.project.replace("-", separator).title(), f"{each.number}.{number}")
                for number, separator in enumerate(SPELLINGS)
            ],
        )


@pytest.fixture(scope="session")
def raced(race: Race, new_name: NewName, rounds: Rounds) -> Raced:
    """Uploads of one file, of one name, and to one project, at the same moment."""
    return Raced(race, new_name, rounds)


@pytest.fixture(scope="session")
def delete(driver: Driver) -> Delete:
    """What deletes the only file of a project."""
    return partial(delete_alone, driver, alone_in=Ability.DELETE_PROJECT)
