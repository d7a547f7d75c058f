"""bandersnatch copies the fake of the Python Package Index, and later what has changed there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("bandersnatch")]

BANDERSNATCH = "bandersnatch==6.8.0"  # exact, as what it asks is
CONFIGURATION = """\
[mirror]
directory = {directory}
master = {master}
api-method = simple
allow-non-https = true
json = true
storage-backend = filesystem
hash-index = false
stop-on-error = true
timeout = 60
workers = 2
verifiers = 2
compare-method = hash
"""


@pytest.fixture(scope="module")
def bandersnatch(programs: Any) -> Path:
    """Provide the folder of the programs of an environment with bandersnatch."""
    folder: Path = programs.environment_with(BANDERSNATCH, folder=programs.kept / BANDERSNATCH)
    return folder


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    """Provide the index that is copied."""
    with ReferenceServer(flavour="pypi") as server:
        yield server


@pytest.fixture
def mirror(
    programs: Any, bandersnatch: Path, server: ReferenceServer, tmp_path: Path
) -> Callable[[], dict[str, Any]]:
    """Provide a run of bandersnatch, which returns the copied files by project."""
    configuration, directory = tmp_path / "bandersnatch.conf", tmp_path / "mirror"
    configuration.write_text(
        CONFIGURATION.format(directory=directory, master=server.origin), encoding="utf-8"
    )

    def run() -> dict[str, Any]:
        done = programs.run(bandersnatch / "bandersnatch", "-c", configuration, "mirror")
        assert done.returncode == 0, done.stdout + done.stderr
        pages = {path.parent.name: path for path in directory.glob("web/simple/*/index.v1_json")}
        documents = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in pages.items()}
        return {name: {file["filename"] for file in page["files"]} for name, page in documents.items()}

    return run


def test_a_mirror_copies_everything_and_then_what_changed(
    server: ReferenceServer, mirror: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    demo, source, other = wheel("demo", "1.0"), sdist("demo", "1.0"), wheel("Other.Pkg", "1.5")
    for each in (demo, source, other):
        server.publish(each)
    assert mirror() == {"demo": {demo.filename, source.filename}, "other-pkg": {other.filename}}
    copied = {path.name: path.read_bytes() for path in tmp_path.glob("mirror/web/packages/*/*/*/*")}
    assert copied == {each.filename: each.content for each in (demo, source, other)}

    server.requests.clear()
    newer = wheel("demo", "2.0")
    server.publish(newer)
    assert mirror()["demo"] == {demo.filename, source.filename, newer.filename}
    server.requests.to("pypi/demo/json").assert_once()
    server.requests.to("pypi/other-pkg/json").assert_none()
    assert [entry.path.rpartition("/")[2] for entry in server.requests.files] == [newer.filename]


def test_a_mirror_asks_for_nothing_where_nothing_changed(
    server: ReferenceServer, mirror: Callable[[], dict[str, Any]]
) -> None:
    server.publish(wheel("demo", "1.0"))
    mirror()
    server.requests.clear()
    mirror()
    server.requests.assert_are("GET /simple 301", "GET /simple/ 200")
