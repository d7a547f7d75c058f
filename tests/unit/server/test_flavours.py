"""The table of flavours, and what others read from it."""

from __future__ import annotations

import pytest

from reference_server.flavours import REFERENCE, Flavour, UnknownFlavourError, all_flavours, flavour_named
from reference_server.serving.target import flavours_by_profile


def test_every_flavour_is_found_by_its_own_name() -> None:
    assert [flavour_named(each.name) for each in all_flavours()] == list(all_flavours())


def test_an_unknown_name_is_answered_with_all_names() -> None:
    with pytest.raises(UnknownFlavourError) as raised:
        flavour_named("unknown")
    assert all(each.name in str(raised.value) for each in all_flavours())


def test_the_first_flavour_of_a_profile_is_its_default() -> None:
    assert flavours_by_profile()[REFERENCE.profile] == REFERENCE.name
    assert {*flavours_by_profile()} == {each.profile for each in all_flavours()}


@pytest.mark.parametrize("flavour", all_flavours(), ids=lambda flavour: flavour.name)
def test_every_path_of_a_flavour_leads_to_its_registry(flavour: Flavour) -> None:
    repository = f"/api/v4/projects/{flavour.gitlab_project}/packages/pypi"
    assert flavour.routed(flavour.path(flavour.layout.upload)).rstrip("/") == repository
    assert flavour.routed(flavour.path(flavour.layout.index)) == f"{repository}/simple/"
