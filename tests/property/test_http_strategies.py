"""The strategies of the checks of HTTP, by oracles written apart from them."""

from __future__ import annotations

import re

import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from werkzeug.http import parse_etags

from conformance.kit.properties import strategies

ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'


@given(st.data(), st.integers(min_value=1, max_value=40))
def test_a_part_holds_the_positions_that_its_range_stands_for(data: st.DataObject, length: int) -> None:
    header, part = data.draw(strategies.closed_byte_ranges(length).mixed)
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", header)
    assert match
    start, end = map(int, match.groups())
    assert start <= end < length
    assert [*range(length)][part] == [*range(start, end + 1)]


@pytest.mark.parametrize("ends", ["0-99", "0-0", "99-99", "50-99"])
def test_ranges_touch_both_ends_of_the_file(ends: str) -> None:
    find(strategies.closed_byte_ranges(100).mixed, lambda drawn: drawn[0] == f"bytes={ends}")


@given(st.data(), st.from_regex(r'\A(W/)?"[0-9a-zA-Z:-]{1,20}"\Z'))
def test_a_list_of_entity_tags_names_the_current_one_or_not(data: st.DataObject, etag: str) -> None:
    header, is_current = data.draw(strategies.entity_tag_lists(etag).mixed)
    assert re.fullmatch(rf"{ENTITY_TAG}(?: ?, ?{ENTITY_TAG})*", header)
    opaque = etag.removeprefix("W/").strip('"')
    assert parse_etags(header).contains_weak(opaque) == is_current


@pytest.mark.parametrize("piece", ["%2f", "%2e", "\0", "\u00e9", "?", "#", "//", ".."])
def test_odd_paths_hold_what_breaks_servers(piece: str) -> None:
    find(strategies.odd_paths(), lambda path: piece in path)
