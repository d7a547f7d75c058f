"""Registries that do in other ways what the specifications leave open: the suite finds nothing wrong with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.rules import Rules
from reference_server.variety import VARIATIONS, Variety

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PROFILE = "gitlab"
MAX_FILE_SIZE = 200_000
ROUNDS = 2
"""How often a race is run: variety is not what races are about."""


SEEDS = (352, 205, 49, 102, 380, 313, 110, 317, 354, 6, 214, 116, 65, 14)
"""They show every two variations together, and each without the other."""


def pairs(seed: int) -> frozenset[tuple[str, str, bool]]:
    """Return of which variations a seed shows one, and whether with another or without it."""
    chosen = {kind.__name__ for kind in map(type, Variety(seed).chosen)}
    names = sorted(kind.__name__ for kind in VARIATIONS)
    return frozenset(
        (one, other, other in chosen)
        for one in chosen
        for other in names
        if one < other or other not in chosen
    )


def covering(seeds: Iterable[int]) -> Iterator[int]:
    """Yield the seed that shows most of the pairs that are missing, until none is."""
    shown = {seed: pairs(seed) for seed in seeds}
    missing = frozenset[tuple[str, str, bool]]().union(*shown.values())
    while missing:
        best = max(shown, key=lambda seed: len(shown[seed] & missing))
        yield best
        missing -= shown[best]


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_wrong(seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(
        "PYTEST_DEBUG_TEMPROOT", str(tmp_path)
    )  # the session inside this one keeps its files here
    rows = (row for row in catalogue().for_profile(profile(PROFILE)) if row.area != "clients")
    only = frozenset(row.id for row in rows if not row.untested)
    with ReferenceServer(variety=seed, rules=replace(Rules(), max_file_size=MAX_FILE_SIZE)) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=2, rounds=ROUNDS, ledger_folder=tmp_path)
        result = run_checks(target, options, Selection(only=only))
    assert {
        each.id: (each.verdict, each.message)
        for each in result.results
        if each.verdict in {"failed", "warned", "error"}
    } == {}
    assert result.summary.judged > 0.75 * len(only)


def test_the_seeds_show_every_pair() -> None:
    names = [kind.__name__ for kind in VARIATIONS]
    wanted = {(one, other, False) for one in names for other in names if one != other}
    wanted |= {(one, other, True) for one in names for other in names if one < other}
    missing = wanted.difference(*map(pairs, SEEDS))
    assert not missing, f"{sorted(missing)[:3]}: take the seeds {(*covering(range(400)),)}"
