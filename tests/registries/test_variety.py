"""Registries that do in other ways what the specifications leave open: the suite finds nothing wrong with them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
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
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from reference_server.variety import Variation

PROFILE = "gitlab"
MAX_FILE_SIZE = 200_000
ROUNDS = 2
"""How often a race is run: variety is not what races are about."""


SEEDS = (352, 205, 178, 60, 128, 284, 324, 67, 53, 292, 29, 86, 166, 64, 49, 125, 88, 13, 22)
"""They show every two variations together, each without the other, and every option."""


def shown_by(seed: int) -> frozenset[str]:
    """Return which pairs of variations a seed shows, and which options."""
    variations = Variety(seed).chosen
    return pairs([type(each) for each in variations]).union(map(str, variations))


def pairs(chosen: Collection[type[Variation]]) -> frozenset[str]:
    """Return each two of these variations together, and each without one that is not among them."""
    others = [kind for kind in VARIATIONS if kind not in chosen]
    together = {f"{one.__name__} with {other.__name__}" for one, other in permutations(chosen, 2)}
    return frozenset(
        together | {f"{one.__name__} without {other.__name__}" for one in chosen for other in others}
    )


def covering(seeds: Iterable[int]) -> Iterator[int]:
    """Yield the seed that shows most of what is missing, until nothing is."""
    shown = {seed: shown_by(seed) for seed in seeds}
    missing = frozenset[str]().union(*shown.values())
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


def test_the_seeds_show_everything() -> None:
    wanted = {str(kind(option)) for kind in VARIATIONS for option in (kind.options or ("",))}
    for one, other in permutations(VARIATIONS, 2):
        wanted |= {f"{one.__name__} with {other.__name__}", f"{one.__name__} without {other.__name__}"}
    missing = wanted.difference(*map(shown_by, SEEDS))
    assert not missing, f"{sorted(missing)[:3]}: take the seeds {(*covering(range(400)),)}"


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
