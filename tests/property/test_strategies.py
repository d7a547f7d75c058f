"""What the strategies draw is what they are named after, by oracles written apart from them."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from conformance.kit.properties import strategies
from conformance.kit.properties.examples import Examples
from conformance.kit.properties.kinds import EveryKind
from conformance.verdicts import Deviation

# GitLab's expression, in its own words and flags (PyPI repository, "Ensure your version string is valid").
GITLAB = re.compile(
    r"""\A(?:
    v?
    (?:([0-9]+)!)?                                                 (?# epoch)
    ([0-9]+(?:\.[0-9]+)*)                                          (?# release segment)
    ([-_\.]?((a|b|c|rc|alpha|beta|pre|preview))[-_\.]?([0-9]+)?)?  (?# pre-release)
    ((?:-([0-9]+))|(?:[-_\.]?(post|rev|r)[-_\.]?([0-9]+)?))?       (?# post release)
    ([-_\.]?(dev)[-_\.]?([0-9]+)?)?                                (?# dev release)
    (?:\+([a-z0-9]+(?:[-_\.][a-z0-9]+)*))?                         (?# local version)
    )\Z""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@given(strategies.gitlab_versions())
def test_versions_match_the_expression(version: str) -> None:
    assert GITLAB.match(version)
    Version(version)


@given(strategies.gitlab_non_versions().mixed)
def test_non_versions_do_not_match_the_expression(text: str) -> None:
    assert not GITLAB.match(text)


@given(st.text(alphabet="0123456789.!+-_abcdevprostl \t\nvV\u0661\u017f", max_size=12))
def test_the_oracle_for_versions_is_the_expression(text: str) -> None:
    assert strategies.is_version(text) == bool(GITLAB.match(text))


@given(strategies.gitlab_versions(), st.sampled_from(" \t\n\v\f\r"))
def test_white_space_is_the_only_difference_from_packaging(version: str, blank: str) -> None:
    for spaced in (version + blank, blank + version):
        Version(spaced)
        assert not strategies.is_version(spaced)


@given(st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?\Z"))
def test_normalized_names_are_those_of_the_specification(name: str) -> None:
    assert canonicalize_name(name) == canonicalize_name(name) == re.sub(r"[-_.]+", "-", name).lower()


@given(st.data())
def test_spellings_have_one_normalized_name(data: st.DataObject) -> None:
    name = data.draw(st.from_regex(r"\A[a-z0-9]+(-[a-z0-9]+){0,3}\Z"))
    assert canonicalize_name(data.draw(strategies.spellings(name))) == name


@given(st.data())
def test_layouts_hold_every_part_once_and_a_legal_boundary(data: st.DataObject) -> None:
    order, boundary = data.draw(strategies.form_layouts(5))
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert re.fullmatch(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", boundary)


def test_a_property_reports_its_smallest_example() -> None:
    def small(number: int) -> None:
        if number >= 10:
            raise Deviation(expected="a small number", found="a large one", where="here")

    with pytest.raises(Deviation) as raised:
        Examples(count=100, seed=0).each(st.integers(min_value=0, max_value=10**6), small)
    assert "smallest failing example, seed 0: 10" in raised.value.found


def test_what_does_not_come_again_is_a_deviation_all_the_same() -> None:
    seen: list[int] = []

    def first_time_only(number: int) -> None:
        if not seen:
            seen.append(number)
            raise Deviation(expected="an answer", found="another", where="here")

    with pytest.raises(Deviation, match="not every time"):
        Examples(count=10, seed=0).each(st.integers(), first_time_only)


def test_the_seed_chooses_the_examples() -> None:
    def drawn(seed: int) -> list[int]:
        seen: list[int] = []
        Examples(count=20, seed=seed).each(st.integers(), seen.append)
        return seen

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(drawn(1)) <= 20


def test_every_kind_has_its_turn_and_the_seed_says_whose_where_turns_are_few() -> None:
    def drawn(count: int, seed: int = 0) -> list[str]:
        seen: list[str] = []
        kinds = tuple(st.integers(0, 9).map(f"{letter}{{}}".format) for letter in "abcdefgh")
        Examples(count=count, seed=seed).each(EveryKind(kinds), seen.append)
        return seen

    assert sorted({example[0] for example in drawn(8)}) == list("abcdefgh")
    assert sorted({example[0] for example in drawn(20)}) == list("abcdefgh")
    assert len(drawn(20)) <= 20
    assert len({example[0] for example in drawn(5)}) == 5
    assert drawn(5) == drawn(5)
    assert drawn(5, seed=1) != drawn(5, seed=2)


@given(strategies.form_noise())
def test_noise_never_names_a_field_that_matters(noise: list[tuple[str, str]]) -> None:
    assume(noise)
    taken = {":action", "name", "version", "content", "sha256_digest", "filetype", "metadata_version"}
    assert taken.isdisjoint(name for name, _ in noise)


def test_strings_that_are_no_versions_stay_none() -> None:
    for text in (
        "",
        "latest",
        "1.0-SNAPSHOT",
        "1..0",
        "1.0+",
        "\u0661.0",
        "1.0.po\u017ft1",
        "1.2.3-4/../../",
    ):
        assert not strategies.is_version(text)
        with pytest.raises(InvalidVersion):
            Version(text)
