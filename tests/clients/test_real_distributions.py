"""Distributions of projects that everybody knows: twine publishes them, pip gets them back byte for byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

import pytest
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from conformance.clients import ClientRun, IndexURL, Pip, Twine
from conformance.wire.credential import Credential
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("distributions")

WHEELS = (
    "idna==3.10",
    "jaraco.functools==4.1.0",  # a dot in the name, and in the wheel's file name
    "MarkupSafe==3.0.2",  # capital letters in both, and one wheel per platform
    "numpy==2.3.5",  # the large one
    "six==1.17.0",  # two tags in one: py2.py3
)
SDISTS = (
    "idna==3.10",  # built by flit
    "MarkupSafe==3.0.2",  # built by setuptools, with an extension in C
    "six==1.17.0",  # built by setuptools, from a setup.py alone
)
BACKENDS = ("flit-core==3.12.0", "setuptools==80.9.0", "wheel==0.45.1")
LARGE = 5_000_000


@pytest.fixture(scope="session")
def builder(programs: Any) -> Path:
    """An interpreter that has what builds the sdists.

    pip asks an sdist's backend for the metadata even where it only downloads, and would look for the backend
    in the same index, which has nothing but these projects.
    """
    installed: Path = programs.environment_with(*BACKENDS, folder=programs.kept / "-".join(BACKENDS))
    return installed / "python"


@pytest.fixture(scope="session")
def real(programs: Any, builder: Path) -> Path:
    """A folder with the distributions, as the machine's own package index has them."""
    pins = hashlib.sha256(repr((WHEELS, SDISTS)).encode()).hexdigest()[:8]

    def fetch(folder: Path) -> None:
        download = (builder, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation")
        for kind, requirements in (("--only-binary", WHEELS), ("--no-binary", SDISTS)):
            programs.must(*download, kind, ":all:", "--dest", folder, *requirements)

    kept: Path = programs.once(programs.kept / f"distributions-{pins}", fetch)
    return kept


@pytest.fixture(scope="session")
def originals(real: Path) -> dict[str, Path]:
    """The path of each distribution, by requirement and kind."""
    found = {}
    for path in real.iterdir():
        if path.suffix == ".whl":
            name, version, _, _ = parse_wheel_filename(path.name)
            found[key(f"{name}=={version}", "wheel")] = path
        elif path.name.endswith(".tar.gz"):
            name, version = parse_sdist_filename(path.name)
            found[key(f"{name}=={version}", "sdist")] = path
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


@pytest.fixture(scope="module")
def published(server: ReferenceServer, originals: dict[str, Path]) -> ClientRun:
    """How twine has published all of them in one go."""
    credential = Credential(username=server.username, password=server.password)
    return Twine().publish(originals.values(), to=server.url, credential=credential)


def fetched(
    pip: Pip, requirement: str, server: ReferenceServer, dest: Path, *, only: Literal["wheel", "sdist"]
) -> Path:
    """Return what pip downloads."""
    credential = Credential(username=server.username, password=server.password)
    index_url = IndexURL(server.index_url, credential)
    run = pip.download(requirement, dest=dest, index_url=index_url, only=only)
    assert run.succeeded, run
    (path,) = dest.iterdir()
    return path


def key(requirement: str, kind: str) -> str:
    name, version = requirement.split("==")
    return f"{canonicalize_name(name)}=={version} {kind}"


def test_they_are_what_they_are_meant_to_be(originals: dict[str, Path]) -> None:
    wanted = [key(each, "wheel") for each in WHEELS] + [key(each, "sdist") for each in SDISTS]
    assert sorted(originals) == sorted(wanted)
    wheels = [path.name for path in originals.values() if path.suffix == ".whl"]
    assert len([name for name in wheels if name.endswith("-none-any.whl")]) == 3, "pure ones"
    assert [path.name for path in originals.values() if path.stat().st_size > LARGE] == [
        originals[key("numpy==2.3.5", "wheel")].name
    ]


def test_twine_publishes_all_of_them_at_once(
    published: ClientRun, server: ReferenceServer, originals: dict[str, Path]
) -> None:
    assert published.succeeded, published
    stored = {file.filename for package in server.registry.store.packages(1) for file in package.files}
    assert stored == {path.name for path in originals.values()}


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("requirement", WHEELS)
def test_pip_gets_back_the_wheel_that_twine_has_published(
    requirement: str, server: ReferenceServer, originals: dict[str, Path], tmp_path: Path
) -> None:
    original = originals[key(requirement, "wheel")]
    back = fetched(Pip(), requirement, server, tmp_path, only="wheel")
    assert back.name == original.name
    assert back.read_bytes() == original.read_bytes()


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("requirement", SDISTS)
def test_pip_gets_back_the_sdist_that_twine_has_published(
    requirement: str, server: ReferenceServer, originals: dict[str, Path], builder: Path, tmp_path: Path
) -> None:
    original = originals[key(requirement, "sdist")]
    back = fetched(Pip(python=builder), requirement, server, tmp_path, only="sdist")
    assert back.name == original.name
    assert back.read_bytes() == original.read_bytes()
