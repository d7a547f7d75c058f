"""Drivers of clients with project files: how credentials reach the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.clients import Flit, Hatch, IndexURL, Pdm, Pipenv, Poetry
from conformance.wire.credential import Credential

if TYPE_CHECKING:
    from conformance.clients import Client

ODD = Credential(username="user@example.com", password="p@ss/w%rd")
INDEX = IndexURL("http://127.0.0.1:1/simple/", ODD)


@pytest.mark.parametrize("client", [Pdm, Pipenv, Poetry, Hatch, Flit])
def test_variables_have_the_credential_as_it_is(client: type[Client]) -> None:
    """pdm and pipenv encode what they expand in a URL: what is encoded already would arrive encoded twice."""
    values = client.settings(INDEX, "http://127.0.0.1:1/").values()
    assert {ODD.username, ODD.password} <= {*values}


def test_a_url_for_a_command_has_it_encoded() -> None:
    assert INDEX.with_credential == "http://user%40example.com:p%40ss%2Fw%25rd@127.0.0.1:1/simple/"


def test_a_project_file_names_variables_that_have_it_as_it_is() -> None:
    assert INDEX.with_variables == "http://${REGISTRY_USERNAME}:${REGISTRY_PASSWORD}@127.0.0.1:1/simple/"
    assert INDEX.variables == {"REGISTRY_USERNAME": ODD.username, "REGISTRY_PASSWORD": ODD.password}
