"""Frozen sets, shown with a made-up catalogue: ours has one set so far. And ids that are never used again."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import Catalogue, catalogue, read_catalogue
from conformance.commands.upgrade import described
from conformance.verdicts import ExitCode, Verdict
from conformance.verdicts.sets import (
    BadRetirement,
    UnknownSet,
    checked_set,
    is_scored,
    read_retired,
    retired,
    sets_of,
    upgrade,
)

if TYPE_CHECKING:
    from pathlib import Path

ROW = """
[[requirement]]
id = "area.{name}"
level = "MUST"
standing = "spec"
feature = "upload"
statement = "It works."
source = "paper#section"
affects = "everyone"
since = "{since}"
"""
MONTH = re.compile(r"\d{4}\.(0[1-9]|1[0-2])")
SINCE = {"old": "2026.11", "new": "2027.02", "newest": "2027.11"}


@pytest.fixture
def grown(tmp_path: Path) -> Catalogue:
    """A catalogue of three sets."""
    features = files("conformance.catalogue").joinpath("features.toml").read_text(encoding="utf-8")
    (tmp_path / "features.toml").write_text(features, encoding="utf-8")
    (tmp_path / "sources.toml").write_text('[paper]\ntitle = "A paper"\n')
    rows = (ROW.format(name=name, since=since) for name, since in SINCE.items())
    (tmp_path / "area.toml").write_text("".join(rows))
    return read_catalogue(tmp_path)


def test_sets_are_in_the_order_of_their_months(grown: Catalogue) -> None:
    assert sets_of(grown) == ("2026.11", "2027.02", "2027.11")


@pytest.mark.parametrize(
    ("requirement_set", "scored"),
    [
        (None, {"area.old", "area.new", "area.newest"}),
        ("2026.11", {"area.old"}),
        ("2027.02", {"area.old", "area.new"}),
        ("2027.11", {"area.old", "area.new", "area.newest"}),
    ],
)
def test_a_set_holds_what_joined_until_then(
    requirement_set: str | None, scored: set[str], grown: Catalogue
) -> None:
    assert {row.id for row in grown if is_scored(row, requirement_set)} == scored


@pytest.mark.parametrize("name", ["2026.12", "2026", "latest", ""])
def test_a_set_that_does_not_exist_is_refused(name: str, grown: Catalogue) -> None:
    with pytest.raises(UnknownSet, match=r"Choose one of: 2026\.11, 2027\.02, 2027\.11"):
        checked_set(name, grown)


def test_an_upgrade_tells_what_joins_and_the_exit_codes(grown: Catalogue) -> None:
    verdicts = {"area.old": Verdict.PASSED, "area.new": Verdict.FAILED}
    found = upgrade(verdicts, grown, old="2026.11", profile="gitlab")
    assert found.joining == {"area.new": Verdict.FAILED, "area.newest": None}
    assert (found.old, found.new, found.before, found.after) == (
        "2026.11",
        "2027.11",
        ExitCode.CONFORMS,
        ExitCode.DEVIATES,
    )
    text = described(found)
    assert "joins  area.new" in text
    assert "failed" in text
    assert "not in the result" in text
    assert "exit code 1 instead of 0" in text


def test_nothing_joins_the_newest_set(grown: Catalogue) -> None:
    found = upgrade({"area.old": Verdict.PASSED}, grown, old="2027.11", profile="gitlab")
    assert found.joining == {}
    assert found.before is found.after


def test_other_profiles_are_not_held_to_it(grown: Catalogue) -> None:
    assert upgrade({}, grown, old="2026.11", profile="index").joining == {}


def test_every_set_of_ours_has_the_name_of_a_month() -> None:
    assert [name for name in sets_of(catalogue()) if not MONTH.fullmatch(name)] == []


def test_a_retired_id_is_never_used_again() -> None:
    assert retired().keys() & catalogue().requirements.keys() == set()


def test_a_retired_id_has_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "retired.toml"
    path.write_text('[[retired]]\nid = "area.gone"\nsince = "2027.02"\nbecause = "the text changed"\n')
    assert read_retired(path)["area.gone"].because == "the text changed"


@pytest.mark.parametrize(
    "text",
    [
        '[[retired]]\nid = "area.gone"\nsince = "2027.02"\n',
        '[[retired]]\nid = "area.gone"\nsince = "2027.02"\nbecause = ""\n',
        '[[retired]]\nid = "area.gone"\nsince = "soon"\nbecause = "x"\n',
        2 * '[[retired]]\nid = "area.gone"\nsince = "2027.02"\nbecause = "x"\n',
    ],
)
def test_a_retirement_that_is_not_whole_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "retired.toml"
    path.write_text(text)
    with pytest.raises(BadRetirement, match=r"area\.gone"):
        read_retired(path)
