"""What the strategies for uploads draw is what they are named after, by oracles written apart from them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import parse_tag
from packaging.utils import (
    InvalidName,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from conformance.kit.properties import strategies

# The published expression (Names and normalization, #name-format), read as ASCII and to the very end.
NAME = re.compile(r"([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE | re.ASCII)


@given(strategies.equal_names())
def test_equal_names_are_names_that_normalize_to_one(pair: tuple[str, str]) -> None:
    for name in pair:
        assert NAME.match(name)
        assert canonicalize_name(name, validate=True) == canonicalize_name(pair[0])


@given(strategies.non_names().mixed, st.from_regex(strategies.NAME))
def test_non_names_are_no_names(pattern: str, name: str) -> None:
    assert name in pattern.format(name)
    assert not NAME.match(pattern.format(name))
    with pytest.raises(InvalidName):
        canonicalize_name(pattern.format(name), validate=True)


@given(strategies.public_versions())
def test_public_versions_are_versions_without_a_local_part(version: str) -> None:
    assert Version(version).local is None
    assert version == version.strip()


@given(strategies.equal_versions())
def test_equal_versions_are_two_spellings_of_one(pair: tuple[str, str]) -> None:
    first, second = pair
    assert first != second
    assert Version(first) == Version(second)
    assert canonicalize_version(first) == canonicalize_version(second)


@given(strategies.non_versions().mixed)
def test_non_versions_are_no_versions(text: str) -> None:
    with pytest.raises(InvalidVersion):
        Version(text)


@given(strategies.wheel_tags(), st.sampled_from(["", "1", "2a"]))
def test_wheel_tags_are_read_back_from_a_file_name(tags: str, build: str) -> None:
    filename = "-".join(filter(None, ("some_name", "1.0", build, tags))) + ".whl"
    name, version, _, read = parse_wheel_filename(filename)
    assert (name, version, read) == ("some-name", Version("1.0"), parse_tag(tags))


@given(strategies.non_wheel_filenames().mixed)
def test_non_wheel_filenames_do_not_follow_the_convention(pattern: str) -> None:
    filename = pattern.format(name="some_name", version="1.0")
    assert filename.endswith(".whl")
    with pytest.raises(InvalidWheelFilename):
        parse_wheel_filename(filename)
