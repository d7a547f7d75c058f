"""What `doctor` says of the address of PyPI's JSON API."""

from __future__ import annotations

import pytest

from conformance.target import target_from_table
from conformance.target.doctor import examine
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import wheel


@pytest.mark.parametrize(("path", "is_wrong"), [("pypi", False), ("nowhere", True)])
def test_an_address_without_json_api_is_named(path: str, *, is_wrong: bool) -> None:
    with ReferenceServer(flavour="pypi") as server:
        server.publish(wheel("demo", "1.0"))
        root = server.target()["url"].rstrip("/")
        target = target_from_table(server.target() | {"json-api-url": f"{root}/{path}/"})
        found = examine(target, RunOptions(projects=("demo",)))
    assert ("JSON API" in {each.about for each in found if each.wrong}) is is_wrong
