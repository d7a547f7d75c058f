"""The suite finds on each flavour that deviates exactly what the table of deviations says.

Real clients take a second each, and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.profiles import profile
from reference_server.faults import Fault
from reference_server.flavours import all_flavours
from reference_server.flavours.deviations import deviating, deviations

from .matrix import CHECKED, FEW, HTTP, red

if TYPE_CHECKING:
    from collections.abc import Collection

    from .trial import Trial

FLAVOURS_THAT_DEVIATE = {each.name: each.profile for each in all_flavours() if each.deviates}
SETTINGS = {
    "gitlab+json": ("negotiation.", "simple.url."),
    "gitlab+fips": ("upload.digest.",),
}
"""Settings of an instance that show in requirements, and the beginnings of these."""
SLICE = ("simple.url.", "simple.root.", "gitlab.name.", "gitlab.page.", "gitlab.project.", "upload.digest.")
"""Beginnings of the requirements that each run of the tests looks at."""
ALIKE = ("file.", "http.", "race.", "robustness.", "security.", "upload.field-order", "gitlab.upload.")
"""Beginnings of what takes long, and is the same in both flavours: it is looked at in one of them."""


def held_by(flavour: str) -> set[str]:
    rows = catalogue().for_profile(profile(FLAVOURS_THAT_DEVIATE[flavour.partition("+")[0]]))
    return {row.id for row in rows} & HTTP


def found(trial: Trial, flavour: str, only: Collection[str]) -> set[str]:
    results = trial(Fault(), only, examples=FEW, rounds=FEW, flavour=flavour)
    assert not [each for each in results.values() if each.verdict == "error"]
    return set(red(results))


@pytest.mark.parametrize("flavour", FLAVOURS_THAT_DEVIATE)
def test_a_slice_of_a_flavour_deviates_as_its_table_says(flavour: str, trial: Trial) -> None:
    only = {name for name in held_by(flavour) if name.startswith(SLICE)}
    assert found(trial, flavour, only) == deviating(flavour) & only


@pytest.mark.long
@pytest.mark.parametrize("flavour", FLAVOURS_THAT_DEVIATE)
def test_a_flavour_deviates_as_its_table_says(flavour: str, trial: Trial) -> None:
    only = {name for name in held_by(flavour) if flavour == "gitlab" or not name.startswith(ALIKE)}
    assert found(trial, flavour, only) == {name for name in deviating(flavour) if name in only}
    assert deviating(flavour) <= held_by(flavour)


@pytest.mark.long
@pytest.mark.parametrize("flavour", SETTINGS)
def test_a_setting_deviates_as_its_table_says(flavour: str, trial: Trial) -> None:
    only = {name for name in held_by(flavour) if name.startswith(SETTINGS[flavour])}
    assert found(trial, flavour, only) == deviating(flavour) & only
    assert deviating(flavour) - deviating("gitlab") <= only


def test_settings_deviate_together_as_each_alone() -> None:
    one, other = map(deviating, SETTINGS)
    assert deviating("gitlab+json+fips") == one | other


def test_what_is_looked_at_in_one_flavour_deviates_alike_in_both() -> None:
    one, other = (
        {name for name in deviating(each) if name.startswith(ALIKE)} for each in FLAVOURS_THAT_DEVIATE
    )
    assert one | {"race.case-and-separator"} == other  # of the root page, which 13.4 has not


def test_the_table_names_requirements_with_checks_and_flavours_that_deviate() -> None:
    for each in deviations():
        assert set(each.requirements) <= CHECKED.keys(), each
        assert set(each.flavours) <= FLAVOURS_THAT_DEVIATE.keys() | SETTINGS.keys(), each
        assert each.source, each


def test_a_requirement_has_one_deviation_of_a_flavour() -> None:
    for flavour in FLAVOURS_THAT_DEVIATE:
        named = [name for each in deviations() if flavour in each.flavours for name in each.requirements]
        assert len(named) == len(set(named)) > 30
