"""What the upload form says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import wheel
from reference_server.rules.ready_made import GITLAB_PROJECTS
from reference_server.rules.rules import known_metadata_version

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

PRIVATE, *_ = GITLAB_PROJECTS
DEMO = wheel("demo-pkg", "1.0")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.5", "2.6", "2.99"])
def test_metadata_of_every_version_that_can_be_read_is_taken(version: str, api: Any) -> None:
    answer = api.upload(DEMO.filename, DEMO.content, fields={"metadata_version": version})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "version", ["-1", "0.9", "1.3", "3.0", "2", "2.", "2.1 ", "two", "2.1\n", "2.\u0661"]
)
def test_what_is_no_metadata_version_is_refused(version: str, api: Any, registry: Registry) -> None:
    assert not known_metadata_version(version)
    answer = api.upload(DEMO.filename, DEMO.content, fields={"metadata_version": version})
    assert answer.json == {"message": "Validation failed: Metadata version is invalid"}
    assert (answer.status_code, registry.packages(PRIVATE)) == (400, ())


@pytest.mark.parametrize("fields", [{}, {"metadata_version": ""}])
def test_gitlab_asks_for_no_metadata_version(fields: dict[str, str], api: Any) -> None:
    assert api.upload(DEMO.filename, DEMO.content, fields=fields).status_code == 201
