"""Which versions of the simple API the catalogue covers."""

from __future__ import annotations

import pytest

from conformance.kit.api_version import NEWEST, api_version, is_newer


@pytest.mark.parametrize("declared", ["1.0", "1.4", ".".join(map(str, NEWEST)), "2.0", "1.x", 1.9, None])
def test_a_version_that_the_catalogue_covers_or_that_is_none_is_judged(declared: object) -> None:
    assert not is_newer(declared)


@pytest.mark.parametrize("declared", ["1.6", "1.10", "1.90"])
def test_a_later_minor_version_may_define_more(declared: str) -> None:
    assert is_newer(declared)


def test_versions_are_compared_as_numbers() -> None:
    assert api_version("1.10") == (1, 10)
