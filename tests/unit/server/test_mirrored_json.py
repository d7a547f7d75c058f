"""PyPI's JSON API of a mirror: what it states of another index's projects."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel

from .scripted_index import DEMO, METADATA, Mirrored, Script, mirrored, only_loopback, running, script

__all__ = ["mirrored", "only_loopback", "running", "script"]

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
SERIAL = "X-PyPI-Last-Serial"


def document(mirrored: Mirrored, path: str = "/pypi/demo/json") -> Any:
    answer = mirrored.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("filename", "tag"),
    [("demo.whl", None), ("demo-1.0-any.whl", None), ("demo-1.0-1-py2.py3-none-any.whl", "py2.py3")],
)
def test_a_wheel_is_described_whatever_its_name_is(
    mirrored: Mirrored, script: Script, filename: str, tag: str | None
) -> None:
    script.page(filename=filename)
    (file,) = document(mirrored)["urls"]
    assert (file["filename"], file["packagetype"], file["python_version"]) == (filename, "bdist_wheel", tag)


@pytest.mark.parametrize("stated", [True, False])
def test_metadata_are_brought_before_they_are_stated(
    mirrored: Mirrored,
    script: Script,
    stated: bool,  # noqa: FBT001
) -> None:
    made = wheel("demo", "1.0", summary="of the upstream")
    if stated:
        listed: dict[str, Any] = {"core-metadata": True}
        script.file(made.metadata.document(), f"/packages/{DEMO.filename}.metadata")
    else:
        listed = {"core-metadata": False, "hashes": {"sha256": made.sha256}, "size": None}
        script.file(made.content)
    script.page(**listed)
    first = document(mirrored)
    assert first["info"]["summary"] == "of the upstream"
    assert document(mirrored) == first
    assert script.counts[f"/packages/{DEMO.filename}"] == (not stated)


def test_a_failure_of_the_upstream_is_no_release_without_metadata(mirrored: Mirrored, script: Script) -> None:
    lie: dict[str, Any] = {"core-metadata": {"sha256": "0" * 64}}
    script.page(**lie)
    script.file(METADATA, f"/packages/{DEMO.filename}.metadata")
    assert mirrored.client.get("/pypi/demo/json").status_code == 502


def test_each_release_has_its_own_metadata() -> None:
    with (
        ReferenceServer(flavour="pypi") as upstream,
        ReferenceServer(flavour="pypi", upstream=upstream.index_url) as mirror,
    ):
        upstream.publish(wheel("demo", "1.0", summary="one"))
        upstream.publish(sdist("demo", "2.0", summary="two"))
        for path, summary in (("demo/json", "two"), ("demo/1.0/json", "one")):
            found = requests.get(f"{mirror.origin}/pypi/{path}", timeout=60).json()
            assert found["info"]["summary"] == summary


def test_no_serial_is_stated_of_what_is_mirrored() -> None:
    """A project that moves from the upstream to this registry would go back to a smaller serial."""
    with (
        ReferenceServer(flavour="pypi") as upstream,
        ReferenceServer(flavour="pypi", upstream=upstream.index_url) as mirror,
    ):
        upstream.publish(wheel("demo", "1.0"))
        upstream.publish(wheel("demo", "2.0"))
        page, html, described = (
            requests.get(mirror.origin + path, headers=headers, timeout=60)
            for path, headers in (("/simple/demo/", JSON), ("/simple/demo/", {}), ("/pypi/demo/json", {}))
        )
        assert [SERIAL in each.headers for each in (page, html, described)] == [False, False, False]
        assert "_last-serial" not in page.json()["meta"]
        assert "SERIAL" not in html.text
        assert "last_serial" not in described.json()
        mirror.publish(wheel("demo", "3.0"))
        own = requests.get(f"{mirror.origin}/simple/demo/", headers=JSON, timeout=60)
        assert own.headers[SERIAL] == str(own.json()["meta"]["_last-serial"])
