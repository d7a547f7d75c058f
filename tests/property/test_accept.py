"""The oracle for Accept headers: its relations to itself, and to werkzeug's reading where both have one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from conformance.checks.negotiation.client_headers import (
    BROWSERS,
    CURL,
    PDM,
    PIP,
    PIP_BEFORE_22,
    POETRY,
    POETRY_1,
    UV,
)
from conformance.kit.properties import strategies
from conformance.kit.properties.accept_header import (
    BadAccept,
    MediaRange,
    acceptable,
    preferred,
    qualities,
    quality,
    read_accept,
)
from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML

OFFERED = (JSON_V1, HTML_V1, TEXT_HTML)
MEMBERS = strategies.accept_members(refusing=True)
BLANKS = st.text(alphabet=" \t", max_size=3)


@given(MEMBERS.flatmap(lambda members: st.tuples(st.just(members), st.permutations(members))))
def test_the_order_of_members_means_nothing(drawn: tuple[tuple[str, ...], list[str]]) -> None:
    members, permuted = drawn
    assert qualities(", ".join(permuted), OFFERED) == qualities(", ".join(members), OFFERED)


@given(MEMBERS, st.data())
def test_blanks_and_empty_members_mean_nothing(members: tuple[str, ...], data: st.DataObject) -> None:
    comma = st.tuples(BLANKS, st.sampled_from([",", ",,", ", \t,"]), BLANKS).map("".join)
    semicolon = data.draw(st.tuples(BLANKS, st.sampled_from([";", "; ;"]), BLANKS).map("".join))
    spaced = "".join(data.draw(comma) + member.replace(";", semicolon) for member in members)
    assert qualities(spaced + data.draw(BLANKS), OFFERED) == qualities(",".join(members), OFFERED)


@given(MEMBERS)
def test_letter_case_means_nothing(members: tuple[str, ...]) -> None:
    header = ", ".join(members)
    assert qualities(header.upper(), OFFERED) == qualities(header, OFFERED)
    ranges = read_accept(header)
    assert [quality(each.upper(), ranges) for each in OFFERED] == [quality(each, ranges) for each in OFFERED]


@given(
    st.dictionaries(
        st.sampled_from(strategies.SIMPLE_RANGES), st.integers(min_value=0, max_value=100), min_size=1
    ),
    st.integers(min_value=1, max_value=10),
)
def test_only_the_proportion_of_weights_matters(weights: dict[str, int], factor: int) -> None:
    def header(by: int) -> str:
        return ", ".join(strategies.accept_member(text, weight * by) for text, weight in weights.items())

    assert acceptable(header(factor), OFFERED) == acceptable(header(1), OFFERED)
    assert preferred(header(factor), OFFERED) == preferred(header(1), OFFERED)


@given(MEMBERS, st.data())
def test_two_headers_are_one(members: tuple[str, ...], data: st.DataObject) -> None:
    at = data.draw(st.integers(min_value=0, max_value=len(members)))
    first, second = ", ".join(members[:at]), ", ".join(members[at:])
    assert read_accept(f"{first}, {second}") == read_accept(first) + read_accept(second)


@given(MEMBERS, st.integers(min_value=0, max_value=1000), st.booleans())
def test_a_type_that_is_not_offered_means_nothing(
    members: tuple[str, ...],
    weight: int,
    first: bool,  # noqa: FBT001 - drawn
) -> None:
    other = strategies.accept_member("video/ogg", weight)
    longer = (other, *members) if first else (*members, other)
    assert qualities(", ".join(longer), OFFERED) == qualities(", ".join(members), OFFERED)


@given(strategies.accept_members(("application/*", "text/*", "*/*")), st.sampled_from(OFFERED))
def test_what_is_refused_by_name_is_not_acceptable(members: tuple[str, ...], refused: str) -> None:
    header = ", ".join((*members, f"{refused};q=0"))
    assert acceptable(header, OFFERED) == acceptable(", ".join(members), OFFERED) - {refused}


@given(MEMBERS)
def test_what_is_preferred_is_acceptable(members: tuple[str, ...]) -> None:
    header = ", ".join(members)
    assert preferred(header, OFFERED) <= acceptable(header, OFFERED) <= set(OFFERED)
    assert bool(preferred(header, OFFERED)) == bool(acceptable(header, OFFERED))


@given(MEMBERS)
def test_werkzeug_agrees(members: tuple[str, ...]) -> None:
    header = ", ".join(members)
    theirs = parse_accept_header(header, MIMEAccept)
    assert {each: round(theirs.quality(each) * 1000) for each in OFFERED} == qualities(header, OFFERED)
    best = theirs.best_match(OFFERED)
    assert {best} <= preferred(header, OFFERED) if best else not acceptable(header, OFFERED)


@given(st.one_of(strategies.header_garbage(), st.text()))
def test_nothing_else_is_raised_than_that_it_is_not_of_the_grammar(text: str) -> None:
    try:
        ranges = read_accept(text)
    except BadAccept:
        return
    assert all(0 <= each.weight <= 1000 for each in ranges)


@given(strategies.weights_misspelled().filter(lambda text: not re.search(r"[,\"\\ ]", text)))
def test_what_is_no_weight_is_not_of_the_grammar(weight: str) -> None:
    with pytest.raises(BadAccept):
        read_accept(f"text/html;q={weight}")


@given(strategies.header_garbage())
def test_garbage_can_be_sent(value: str) -> None:
    assert re.fullmatch(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|", value)


@pytest.mark.parametrize("header", [None, "", " ", ",", " , ,\t"])
def test_without_a_header_everything_is_welcome(header: str | None) -> None:
    assert read_accept(header) == ()
    assert preferred(header, OFFERED) == set(OFFERED)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("text/html; q=0.2;level=1", MediaRange(type="text", subtype="html", parameters=(("level", "1"),), weight=200)),
        ("Text/*;Q=1.000", MediaRange(type="text", subtype="*")),
        ("*/*;q=0.", MediaRange(type="*", subtype="*", weight=0)),
        ("*/*; q=0.05", MediaRange(type="*", subtype="*", weight=50)),
        ('a/b;c="d,\\"e";q=1.', MediaRange(type="a", subtype="b", parameters=(("c", '"d,\\"e"'),))),
    ],
)  # fmt: skip
def test_a_member_is_read_as_it_is_meant(header: str, wanted: MediaRange) -> None:
    assert read_accept(header) == (wanted,)


@pytest.mark.parametrize(
    "header",
    ["text", "text/", "/html", "*/html", "*", "text/html text/css", "text /html", "text/html;q",
     "text/html;q=", "text/html;q=1.5", "text/html;q=0.1234", "text/html;q=-0", 'text/html;q="1"',
     "text/html;q=1;q=1", "text/html;level", "text/html;level = 1", "caf\u00e9/html", "text/html\n"],
)  # fmt: skip
def test_what_the_grammar_does_not_have_is_not_read(header: str) -> None:
    with pytest.raises(BadAccept):
        read_accept(header)


def test_the_rfcs_own_example() -> None:
    """RFC 9110, section 12.5.1, but for the media types with parameters, which an index does not have."""
    ranges = read_accept("text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5")
    weights = {each: quality(each, ranges) for each in ("text/plain", "text/html", "image/jpeg")}
    assert weights == {"text/plain": 700, "text/html": 300, "image/jpeg": 500}


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (PIP, {JSON_V1}),
        (PIP_BEFORE_22, {TEXT_HTML}),
        (UV, {JSON_V1}),
        (POETRY, {JSON_V1}),
        (POETRY_1, set(OFFERED)),
        (PDM, {JSON_V1}),
        (CURL, set(OFFERED)),
        *((header, {TEXT_HTML}) for header in BROWSERS),
    ],
)
def test_what_real_clients_prefer(header: str, wanted: set[str]) -> None:
    assert preferred(header, OFFERED) == wanted
