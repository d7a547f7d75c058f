"""Clients with project files publish to the reference server, and install and lock from it, without its secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from conformance.clients import (
    CLIENTS,
    IndexURL,
    Installs,
    Locks,
    Publishes,
    Wanted,
    installed_versions,
    site_of,
)
from conformance.clients.prepared import ClientSpec, EnvironmentFolder, make
from conformance.clients.uv import PLACEHOLDER
from conformance.wire.credential import Credential
from reference_server.distributions import sdist, wheel
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from conformance.clients import Client

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("project-clients")]

KINDS = {each.name: each for each in CLIENTS}


@pytest.fixture(scope="module")
def environments(programs: Any) -> EnvironmentFolder:
    return EnvironmentFolder(programs.kept / "clients")


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        needed = wheel("needed", "1.0")
        for each in (needed, wheel("demo", "1.0"), wheel("demo", "1.1", requires_dist=("needed>=1",))):
            server.publish(each)
        yield server


def index_of(server: ReferenceServer) -> IndexURL:
    return IndexURL(server.index_url, Credential(username=server.username, password=server.password))


def prepared(name: str, environments: EnvironmentFolder) -> Client:
    environment = environments.find(ClientSpec(name)) or make(ClientSpec(name), environments)
    return KINDS[name](python=environment.python)


@pytest.mark.parametrize("name", ["poetry", "pdm", "hatch", "flit"])
def test_a_release_is_published_with_its_credential_off_the_command_line(
    name: str,
    environments: EnvironmentFolder,
    server: ReferenceServer,
    tmp_path: Path,
    commands: list[str],
) -> None:
    client = prepared(name, environments)
    assert isinstance(client, Publishes)
    files = [each("fresh-project", "1.0").save(tmp_path) for each in (wheel, sdist)]
    run = client.publish(files, to=server.url, credential=index_of(server).credential)
    assert run.succeeded, run
    assert {each.filename for each in server.registry.store.packages(1)[-1].files} == {
        each.name for each in files
    }
    again = client.publish(files, to=server.url, credential=index_of(server).credential)
    assert not again.succeeded
    assert not [word for word in commands if server.password in word]
    assert server.password not in f"{run}{again}"


@pytest.mark.parametrize("name", ["poetry", "pdm", "pipenv"])
def test_a_project_is_locked_and_installed_from_the_lock(
    name: str,
    environments: EnvironmentFolder,
    server: ReferenceServer,
    tmp_path: Path,
    commands: list[str],
) -> None:
    client = prepared(name, environments)
    assert isinstance(client, Locks)
    locked = client.lock(Wanted(name="demo"), folder=tmp_path, index_url=index_of(server))
    assert locked.succeeded, locked
    server.publish(wheel("demo", "1.2"))
    synced = client.sync(folder=tmp_path, index_url=index_of(server))
    assert synced.succeeded, synced
    site = site_of(tmp_path)
    assert site is not None
    assert {"demo": "1.1", "needed": "1.0"}.items() <= installed_versions(site).items()
    written = [each.read_text(encoding="utf-8") for each in tmp_path.iterdir() if each.is_file()]
    assert not [text for text in (*written, *commands, str(locked), str(synced)) if server.password in text]


@pytest.mark.parametrize("name", ["poetry", "pdm", "hatch", "flit"])
def test_a_release_is_published_to_a_registry_without_authentication(
    name: str, environments: EnvironmentFolder, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """These clients send nothing without a credential, so they get one that means nothing."""
    received = []

    def accept(request: Request) -> Response:
        received.append(request.files["content"].filename)
        return Response()

    httpserver.expect_request("/upload", method="POST").respond_with_handler(accept)
    client = prepared(name, environments)
    assert isinstance(client, Publishes)
    anybody = Credential(username=PLACEHOLDER[0], password=PLACEHOLDER[1])
    file = wheel("fresh-project", "1.0").save(tmp_path)
    run = client.publish([file], to=httpserver.url_for("/upload"), credential=anybody)
    assert run.succeeded, run
    assert received == [file.name]


@pytest.mark.parametrize("name", ["poetry", "pdm", "pipenv"])
def test_a_credential_beyond_letters_and_digits_arrives_as_it_is(
    name: str, environments: EnvironmentFolder, httpserver: HTTPServer, tmp_path: Path
) -> None:
    odd = Credential(username="user@example.com", password="p@ss/w%rd")
    received = []

    def refuse(request: Request) -> Response:
        received.append(request.authorization)
        return Response(status=404 if request.authorization else 401, headers={"WWW-Authenticate": "Basic"})

    httpserver.expect_request(re.compile("/simple/.*")).respond_with_handler(refuse)
    client = prepared(name, environments)
    assert isinstance(client, Locks)
    client.lock(Wanted(name="demo"), folder=tmp_path, index_url=IndexURL(httpserver.url_for("/simple/"), odd))
    assert {(each.username, each.password) for each in received if each} == {(odd.username, odd.password)}


def test_hatch_makes_an_environment_from_the_registry(
    environments: EnvironmentFolder, server: ReferenceServer, tmp_path: Path
) -> None:
    client = prepared("hatch", environments)
    assert isinstance(client, Installs)
    run = client.add(Wanted(name="demo", version="1.0"), folder=tmp_path, index_url=index_of(server))
    assert run.succeeded, run
    site = site_of(tmp_path)
    assert site is not None
    assert installed_versions(site)["demo"] == "1.0"
