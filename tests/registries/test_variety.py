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


def covering(seeds: Iterable[int]) -> Iterator[int]:
    """Yield the seed that shows most of the variations that are missing, until none is."""
    shown = {seed: {type(each) for each in Variety(seed).chosen} for seed in seeds}
    missing = {*VARIATIONS}
    while missing:
        best = max(shown, key=lambda seed: len(shown[seed] & missing))
        assert shown[best] & missing, f"no seed shows {missing}"
        yield best
        missing -= shown[best]


SEEDS = (*covering(range(100)),)
"""Few that show every variation between them; `benchmarks/variety.py` tries a hundred."""


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


def test_the_seeds_show_every_variation() -> None:
    assert {type(each) for seed in SEEDS for each in Variety(seed).chosen} == {*VARIATIONS}


def test_pages_in_deflate_are_right(tmp_path: Path) -> None:
    """Clients that accept deflate alone get it, by its name."""
    seed = next(seed for seed in range(100) if "compression: deflate" in str(Variety(seed)))
    only = frozenset({"http.pages.gzip", "http.pages.identity"})
    with ReferenceServer(variety=seed) as server:
        target = target_from_table(server.target(), embedded=True)
        options = RunOptions(examples=2, rounds=ROUNDS, ledger_folder=tmp_path)
        result = run_checks(target, options, Selection(only=only))
    assert {
        each.id: (each.verdict, each.message) for each in result.results if each.id in only
    } == dict.fromkeys(only, ("passed", ""))
