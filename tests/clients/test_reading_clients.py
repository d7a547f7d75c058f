"""Real pip, uv and poetry read the reference server, and pypi-simple reads the same from every form of its pages."""

from __future__ import annotations

import hashlib
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pypi_simple import ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY, PyPISimple

from conformance.clients import IndexURL, Pip
from conformance.clients.environment import hermetic
from conformance.clients.run import execute
from conformance.wire.credential import Credential
from reference_server.distributions import sdist, wheel
from reference_server.faults import Fault
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pypi_simple import DistributionPackage, ProjectPage
    from werkzeug import Response

    from conformance.clients import ClientRun
    from reference_server.http.request import Request

pytestmark = pytest.mark.xdist_group("reading-clients")

UV, POETRY = "uv==0.13.9", "poetry==2.5.1"  # exact, as what they send is
PROJECT = """\
[project]
name = "consumer"
version = "0"
requires-python = ">=3.11"
dependencies = ["demo"]

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "reference"
url = "{url}"
priority = "primary"
"""


class Recorder(Fault):
    """Keeps what was asked for, and answers as ever."""

    def __init__(self) -> None:
        self.requested: list[str] = []

    def respond(self, request: Request, response: Response) -> Response:
        self.requested.append(f"{response.status_code} {request.path.rpartition('/packages/pypi/')[2]}")
        return response

    @property
    def files(self) -> list[str]:
        """The names of the files that were sent, with and without `.metadata`."""
        return [
            each.rpartition("/")[2]
            for each in self.requested
            if each.startswith(("200 files/", "206 files/"))
        ]


@dataclass(frozen=True)
class Served:
    """A server with two projects, and what it has been asked for."""

    server: ReferenceServer
    recorder: Recorder

    @property
    def credential(self) -> Credential:
        return Credential(username=self.server.username, password=self.server.password)

    @property
    def index_url(self) -> IndexURL:
        return IndexURL(self.server.index_url, self.credential)


@pytest.fixture
def served() -> Iterator[Served]:
    """Has demo 1.0, 1.1, 1.2 (yanked) and 2.0rc1, each of which wants dep, and dep 1.5."""
    recorder = Recorder()
    with ReferenceServer(faults=[recorder]) as server:
        demo = [
            wheel("demo", version, requires_dist=("dep>=1",)) for version in ("1.0", "1.1", "1.2", "2.0rc1")
        ]
        for each in (*demo, wheel("dep", "1.5")):
            server.registry.publish(each.filename, each.content)
        server.registry.yank("demo", version="1.2", reason="it < 1.1 & breaks")
        yield Served(server, recorder)


@pytest.fixture(scope="session")
def uv(programs: Any) -> Path:
    installed: Path = programs.environment_with(UV, folder=programs.kept / UV)
    return installed / "uv"


@pytest.fixture(scope="session")
def poetry(programs: Any) -> Path:
    installed: Path = programs.environment_with(POETRY, folder=programs.kept / POETRY)
    return installed / "poetry"


def pip_install(requirement: str, served: Served, target: Path) -> ClientRun:
    return Pip().install(requirement, target=target, index_url=served.index_url, no_deps=False)


def uv_install(uv: Path, requirement: str, served: Served, folder: Path, *options: str) -> ClientRun:
    home = folder / "home"
    home.mkdir()
    variables = {
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_HTTP_RETRIES": "0",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(home / "cache"),
        "UV_INDEX_URL": served.index_url.with_credential,
    }
    install = (str(uv), "pip", "install", "--python", sys.executable, "--target", str(folder / "target"))
    return run_client((*install, *options, requirement), UV, home, served, **variables)


def run_client(
    command: tuple[str, ...], client: str, home: Path, served: Served, **variables: str
) -> ClientRun:
    name, _, version = client.partition("==")
    return execute(
        command,
        client=name,
        version=version,
        environment=hermetic(home, ca_bundle=None, **variables),
        directory=home,
        timeout=120,
        secrets=served.index_url.secrets,
    )


def installed(target: Path) -> list[str]:
    return sorted(path.name.removesuffix(".dist-info") for path in target.glob("*.dist-info"))


def wheel_name(name_and_version: str) -> str:
    return f"{name_and_version}-py3-none-any.whl"


def test_pip_takes_the_newest_final_release_that_is_not_yanked(served: Served, tmp_path: Path) -> None:
    run = pip_install("demo", served, tmp_path)
    assert run.succeeded, run
    assert installed(tmp_path) == ["demo-1.1", "dep-1.5"]


def test_uv_takes_the_newest_final_release_that_is_not_yanked(
    uv: Path, served: Served, tmp_path: Path
) -> None:
    run = uv_install(uv, "demo", served, tmp_path)
    assert run.succeeded, run
    assert installed(tmp_path / "target") == ["demo-1.1", "dep-1.5"]


def test_pip_takes_a_yanked_release_that_is_pinned_and_says_why_it_was_yanked(
    served: Served, tmp_path: Path
) -> None:
    run = pip_install("demo==1.2", served, tmp_path)
    assert run.succeeded, run
    assert installed(tmp_path) == ["demo-1.2", "dep-1.5"]
    assert run.says("it < 1.1 & breaks")


def test_uv_takes_a_yanked_release_that_is_pinned_and_says_why_it_was_yanked(
    uv: Path, served: Served, tmp_path: Path
) -> None:
    run = uv_install(uv, "demo==1.2", served, tmp_path)
    assert run.succeeded, run
    assert installed(tmp_path / "target") == ["demo-1.2", "dep-1.5"]
    assert run.says("it < 1.1 & breaks")


def test_pip_takes_a_prerelease_when_it_may(served: Served, tmp_path: Path) -> None:
    run = Pip().install("demo", target=tmp_path, index_url=served.index_url, pre=True)
    assert run.succeeded, run
    assert installed(tmp_path) == ["demo-2.0rc1"]


def test_uv_takes_a_prerelease_when_it_may(uv: Path, served: Served, tmp_path: Path) -> None:
    run = uv_install(uv, "demo", served, tmp_path, "--prerelease", "allow", "--no-deps")
    assert run.succeeded, run
    assert installed(tmp_path / "target") == ["demo-2.0rc1"]


def test_pip_resolves_from_metadata_files_and_downloads_only_what_it_installs(
    served: Served, tmp_path: Path
) -> None:
    assert pip_install("demo", served, tmp_path).succeeded
    resolves_from_metadata_files(served)


def test_uv_resolves_from_metadata_files_and_downloads_only_what_it_installs(
    uv: Path, served: Served, tmp_path: Path
) -> None:
    assert uv_install(uv, "demo", served, tmp_path).succeeded
    resolves_from_metadata_files(served)


def resolves_from_metadata_files(served: Served) -> None:
    wheels = [wheel_name("demo-1.1"), wheel_name("dep-1.5")]
    files = served.recorder.files
    assert sorted(files) == sorted([*wheels, *(f"{each}.metadata" for each in wheels)])
    assert files.index(f"{wheels[1]}.metadata") < min(map(files.index, wheels)), "metadata first, wheels then"


def test_poetry_locks_from_metadata_files_alone(poetry: Path, served: Served, tmp_path: Path) -> None:
    """Its lock file has the digests of the page."""
    text = PROJECT.format(url=served.server.index_url)
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    run = run_client(
        (str(poetry), "lock", "--no-interaction"),
        POETRY,
        tmp_path,
        served,
        POETRY_HTTP_BASIC_REFERENCE_USERNAME=served.credential.username,
        POETRY_HTTP_BASIC_REFERENCE_PASSWORD=served.credential.password,
        POETRY_CACHE_DIR=str(tmp_path / "cache"),
        POETRY_VIRTUALENVS_CREATE="false",
    )
    assert run.succeeded, run
    lock = tomllib.loads((tmp_path / "poetry.lock").read_text(encoding="utf-8"))
    files = served.server.registry.store.packages(1)
    digests = {file.filename: f"sha256:{file.sha256}" for package in files for file in package.files}
    locked = {f"{each['name']}-{each['version']}": each["files"] for each in lock["package"]}
    assert locked == {
        each: [{"file": wheel_name(each), "hash": digests[wheel_name(each)]}]
        for each in ("demo-1.1", "dep-1.5")
    }
    assert [each for each in served.recorder.files if not each.endswith(".metadata")] == []


@pytest.fixture(scope="module")
def full() -> Iterator[ReferenceServer]:
    """A server with everything that both forms of a page can say."""
    with ReferenceServer() as server:
        registry = server.registry
        distributions = (
            wheel("Plain", "1.0"),
            wheel("Odd.Name", "1.0+local.1"),
            wheel("several", "1.0", requires_python=">=3.8, !=3.9.*, <4"),
            sdist("several", "1.0", requires_python=">=3.8, !=3.9.*, <4"),
            wheel("several", "1.1"),
            wheel("several", "2.0a1"),
            wheel("archived", "1.0"),
            wheel("quarantined", "1.0"),
        )
        for each in distributions:
            registry.publish(each.filename, each.content)
        registry.yank("several", version="1.0", reason="it < 1.1 & \"breaks\" 'höchstens'")
        registry.yank("several", version="2.0a1")
        registry.attach_provenance(
            "several", wheel_name("several-1.1"), {"version": 1, "attestation_bundles": []}
        )
        registry.set_status("archived", "archived", reason="moved & <gone>")
        registry.set_status("quarantined", "quarantined")
        yield server


def pages_of(server: ReferenceServer, accept: str) -> dict[str, ProjectPage]:
    auth = (server.username, server.password)
    with PyPISimple(server.index_url, auth=auth, accept=accept) as client:
        return {name: client.get_project_page(name) for name in client.get_index_page().projects}


def said_of(file: DistributionPackage) -> dict[str, Any]:
    """What both forms of a page say of a file."""
    return {
        "filename": file.filename,
        "url": file.url,
        "project": file.project,
        "version": file.version,
        "kind": file.package_type,
        "digests": file.digests,
        "requires-python": file.requires_python,
        "yanked": (file.is_yanked, file.yanked_reason or None),
        "metadata": (file.has_metadata, file.metadata_digests),
        "provenance": file.provenance_url,
    }


def test_pypi_simple_reads_the_same_projects_from_both_forms(full: ReferenceServer) -> None:
    html, json_ = pages_of(full, ACCEPT_HTML_ONLY), pages_of(full, ACCEPT_JSON_ONLY)
    assert html.keys() == json_.keys()
    assert sorted(html) == ["archived", "odd-name", "plain", "quarantined", "several"]


def test_pypi_simple_reads_the_same_files_from_both_forms(full: ReferenceServer) -> None:
    html, json_ = pages_of(full, ACCEPT_HTML_ONLY), pages_of(full, ACCEPT_JSON_ONLY)
    for name, page in html.items():
        assert [said_of(file) for file in page.packages] == [said_of(file) for file in json_[name].packages]
        assert (page.status, page.status_reason) == (json_[name].status, json_[name].status_reason)
        assert page.repository_version == json_[name].repository_version == "1.4"


def test_pypi_simple_reads_what_was_published(full: ReferenceServer) -> None:
    """Equal forms could leave the same thing out."""
    pages = pages_of(full, ACCEPT_HTML_ONLY)
    files = {file.filename: file for file in pages["several"].packages}
    yanked, offered = files[wheel_name("several-1.0")], files[wheel_name("several-1.1")]
    original = wheel("several", "1.0", requires_python=">=3.8, !=3.9.*, <4")
    assert yanked.digests == {"sha256": original.sha256}
    assert yanked.requires_python == ">=3.8, !=3.9.*, <4"
    assert yanked.yanked_reason == "it < 1.1 & \"breaks\" 'höchstens'"
    assert yanked.metadata_digests == {"sha256": hashlib.sha256(original.metadata.document()).hexdigest()}
    assert offered.provenance_url is not None
    assert (offered.is_yanked, files[wheel_name("several-2.0a1")].is_yanked) == (False, True)
    assert pages["archived"].status_reason == "moved & <gone>"
    assert pages["quarantined"].packages == []


@pytest.mark.parametrize("accept", [ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY])
def test_pypi_simple_downloads_every_file_that_it_lists_and_its_metadata(
    accept: str, full: ReferenceServer, tmp_path: Path
) -> None:
    """It compares the digests itself."""
    auth = (full.username, full.password)
    with PyPISimple(full.index_url, auth=auth, accept=accept) as client:
        listed = [file for page in pages_of(full, accept).values() for file in page.packages]
        for file in listed:
            client.download_package(file, tmp_path / file.filename)
            if file.has_metadata:
                assert client.get_package_metadata(file).startswith("Metadata-Version: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.filename for file in listed)


@pytest.mark.parametrize("accept", [ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY])
def test_pypi_simple_reads_serials_that_grow(accept: str) -> None:
    with ReferenceServer(flavour="pypi") as server, PyPISimple(server.index_url, accept=accept) as client:
        server.publish(wheel("demo", "1.0"))
        server.publish(wheel("other", "1.0"))
        assert client.get_index_page().last_serial == client.get_project_page("other").last_serial == "2"
        assert client.get_project_page("demo").last_serial == "1"
        server.publish(wheel("demo", "2.0"))
        assert client.get_index_page().last_serial == client.get_project_page("demo").last_serial == "3"
