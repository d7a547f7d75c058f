"""No description of PyPI's JSON API, whatever is in it, is a mistake of the suite."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from conformance.verdicts import Verdict
from reference_server.faults.building.descriptions import ChangesDescriptions

from .matrix import FEW, held_by

if TYPE_CHECKING:
    from .trial import Trial

ROWS = {name for name in held_by("pypi") if name.startswith("jsonapi.")}
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e400,
    "",
    "http://[",
    "\ud800",
    [],
    [[]],
    {},
    {"a": {}},
    "2020-01-01T00:00:00",
)
"""Values of each type, and texts that no parser of versions, URLs or times takes."""
PLACES = ("parts", "info", "files", "releases")


class Replaced(ChangesDescriptions):
    """Writes one value in each place of a kind."""

    caught_by = ("jsonapi.project.keys",)

    def __init__(self, place: str, value: Any) -> None:
        self._place = place
        self._value = value

    def change(self, document: dict[str, Any]) -> None:
        releases = document.get("releases", {})
        places: dict[str, list[dict[str, Any]]] = {
            "parts": [document],
            "info": [document["info"]],
            "files": [*document["urls"], *(file for files in releases.values() for file in files)],
            "releases": [releases],
        }
        for each in places[self._place]:
            each.update(dict.fromkeys(each, self._value))


@pytest.mark.parametrize(("place", "value"), list(product(PLACES, VALUES)), ids=repr)
def test_a_description_of_any_content_is_judged(place: str, value: Any, trial: Trial) -> None:
    results = trial(Replaced(place, value), ROWS, examples=FEW, rounds=FEW, flavour="pypi")
    assert results.keys() == ROWS
    assert [each.message for each in results.values() if each.verdict is Verdict.ERROR] == []
    assert [name for name, each in results.items() if each.verdict in {Verdict.FAILED, Verdict.WARNED}]
