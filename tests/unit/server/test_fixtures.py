"""The pytest fixtures: each test has its own registry, and a failure shows what was asked of it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client

from reference_server import ReferenceServer
from reference_server.serving.failure_report import sections

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reference_server.distributions import Distribution
    from reference_server.serving.registry_host import RegistryHost, Tenant

FAILING = """
import pytest
from urllib.error import HTTPError
from urllib.request import Request, urlopen

@pytest.fixture
def pypi_registry_options():
    return {"users": {"alice": "hunter2-hunter2"}, "flavour": "pypi"}

def test_it(pypi_registry, pypi_distribution, pypi_registry_factory):
    pypi_registry.publish(pypi_distribution("demo"))
    for headers in ({}, {"Authorization": "Basic YWxpY2U6aHVudGVyMi1odW50ZXIy"}):
        urlopen(Request(pypi_registry.index_url + "demo/", headers=headers)).close()
    others = [pypi_registry_factory()]
    with pytest.raises(HTTPError) as refused:
        urlopen(others[0].index_url)
    refused.value.close()
    pypi_registry.requests.to("simple/demo").assert_once()

def test_passes(pypi_registry):
    assert not pypi_registry.requests
"""


def read(registry: Any, name: str) -> requests.Response:
    return requests.get(
        f"{registry.index_url}{name}/", auth=(registry.username, registry.password), timeout=10
    )


def test_a_tenant_is_a_whole_registry_below_its_path(
    pypi_registry: Tenant, pypi_distribution: Callable[..., Distribution]
) -> None:
    demo = pypi_distribution("demo", requires=["dep>=1"])
    pypi_registry.publish(demo)
    page = read(pypi_registry, "demo")
    assert page.status_code == 200
    assert requests.get(page.url, timeout=10).status_code == 401
    link = page.text.split('<a href="')[1].split("#")[0]
    file = requests.compat.urljoin(page.url, link)
    auth = (pypi_registry.username, pypi_registry.password)
    assert requests.get(file, auth=auth, timeout=10).content == demo.content
    other = pypi_distribution("other", "2.0", kind="sdist")
    sent = requests.post(
        pypi_registry.url,
        data=other.form(),
        files={"content": (other.filename, other.content)},
        auth=auth,
        timeout=10,
    )
    assert sent.status_code == 201
    assert pypi_registry.requests.per_route() == {"project_page": 2, "file": 1, "upload": 1}
    assert pypi_registry.requests.uploads.assert_once().path == "/api/v4/projects/1/packages/pypi"
    assert requests.get(f"{pypi_registry.origin}/", timeout=10).status_code == 200  # the page for people


def test_tenants_share_nothing(
    pypi_registry_host: RegistryHost, pypi_distribution: Callable[..., Distribution]
) -> None:
    with pypi_registry_host.add() as one, pypi_registry_host.add(flavour="pypi", users={"bob": "b"}) as two:
        assert one.origin != two.origin
        one.publish(pypi_distribution("demo"))
        one.fault("unavailable", path="never")
        assert [read(each, "demo").status_code for each in (one, two)] == [200, 404]
        assert (len(one.requests), len(two.requests)) == (1, 1)
        assert requests.get(f"{two.index_url}demo/", timeout=10).status_code == 404
        assert not two.switchboard.switches()
        gone = one.index_url
    assert requests.get(gone, timeout=10).status_code == 404
    assert requests.get(f"{pypi_registry_host.origin}/nowhere/", timeout=10).status_code == 404


def test_the_factory_starts_servers_with_options(
    pypi_registry_factory: Callable[..., ReferenceServer],
) -> None:
    one, two = pypi_registry_factory(users={"alice": "a"}), pypi_registry_factory(tls=True)
    assert one.port != two.port
    assert requests.get(one.index_url, auth=("alice", "a"), timeout=10).status_code == 200
    assert requests.get(two.index_url, verify=str(two.ca_bundle), timeout=10).status_code == 401


def test_tenants_write_to_the_logger_and_refuse_unknown_options(
    pypi_registry_host: RegistryHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reference_server.requests")
    options: Any = {"tls": True, "flavour": "pypi"}
    with pytest.raises(TypeError, match="'tls' is no option of a registry here; those are control, faults, "):
        pypi_registry_host.add(**options)
    with pypi_registry_host.add() as tenant:
        answer = Client(tenant.app).get("/api/v4/projects/1/packages/pypi/simple/")
        answer.close()
    assert "simple/" in caplog.text


def test_an_object_that_raises_when_it_is_looked_at_spoils_no_report() -> None:
    class Proxy:
        @property
        def __class__(self) -> type:
            raise RuntimeError("no object behind this proxy")

        @__class__.setter
        def __class__(self, _: type) -> None: ...

    shown = None
    with suppress(RuntimeError):  # a failure must not show the proxy to the report of this test
        shown = list(sections({"one": Proxy(), "more": [Proxy()]}, [{"local": Proxy()}]))
    assert shown == []


def test_a_server_that_cannot_be_made_has_no_requests_to_show() -> None:
    assert not list(sections({"half": ReferenceServer.__new__(ReferenceServer)}, ()))


@pytest.mark.long  # a pytest of its own
def test_a_failure_shows_the_requests(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FAILING, encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-p", "reference_server.fixtures", "-W", "error"]
    command, environ = [sys.executable, "-m", "pytest", *options], {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "expected 1 request to simple/demo, found 2" in done.stdout
    _, _, shown = done.stdout.partition("- requests to pypi_registry (2, newest last) -")
    own, _, other = shown.partition("- requests to others (1, newest last) -")
    first, second = (line for line in own.splitlines() if "GET" in line)
    assert "without credentials" in first
    assert "basic of alice" in second
    assert "401" in other
    assert "hunter2" not in shown
