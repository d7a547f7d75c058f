"""What the checks of races share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pytest

from conformance.kit.driver import Ability, delete_alone
from conformance.kit.races.race import SENDERS, upload_together
from conformance.kit.races.rounds import most, rounds_of
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Driver, NewName, Race
    from conformance.kit.races.race import Heat
    from reference_server.distributions import Distribution

    Delete = Callable[[Distribution], None]

SPELLINGS = ("-", "_", ".", "-_-")
"""What may stand for the separators of a name."""


@dataclass(frozen=True)
class Raced:
    """Uploads that met, run when a check first asks for them."""

    race: Race
    new_name: NewName
    rounds: int

    @cached_property
    def identical(self) -> tuple[Heat, ...]:
        """Rounds in which one file is uploaded several times at the same moment."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "identical", self.rounds),
            lambda each: [wheel(each.project, f"{each.number}.0")] * SENDERS,
        )

    @cached_property
    def different(self) -> tuple[Heat, ...]:
        """Rounds in which several files of one name are uploaded at the same moment."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "different", self.rounds),
            lambda each: [
                wheel(each.project, f"{each.number}.0", marker=f"sender {number}")
                for number in range(SENDERS)
            ],
        )

    @cached_property
    def spelled(self) -> tuple[Heat, ...]:
        """Rounds in which the first files of a project are uploaded at the same moment, each under a spelling."""
        return upload_together(
            self.race,
            rounds_of(self.new_name, "spelled", most(self.rounds)),
            lambda each: [
                wheel(each.project.replace("-", separator).title(), f"{each.number}.{number}")
                for number, separator in enumerate(SPELLINGS)
            ],
        )


@pytest.fixture(scope="session")
def raced(race: Race, new_name: NewName, rounds: int) -> Raced:
    """Uploads of one file, of one name, and to one project, at the same moment."""
    return Raced(race, new_name, rounds)


@pytest.fixture(scope="session")
def delete(driver: Driver) -> Delete:
    """What deletes the only file of a project."""
    return partial(delete_alone, driver, alone_in=Ability.DELETE_PROJECT)
