"""No scenario of any client leaves loopback: a network namespace shows every packet that would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.client_matrix.scenarios import SCENARIOS
from conformance.clients import CLIENTS, Installs
from conformance.clients.prepared import ClientSpec, EnvironmentFolder, make
from conformance.clients.prepared.companions import known_clients

if TYPE_CHECKING:
    from collections.abc import Callable

GUARD = Path(__file__).with_name("loopback_guard.py")
NAMESPACE = ["unshare", "--map-root-user", "--net", "--mount"]


QUICK = ("pip", "twine", "uv")
"""The clients that CI tries: one takes up to a minute. With EVERY_CLIENT=1 in the environment, all are."""


def _tried(*clients: str) -> list[str]:
    return [each for each in clients if each in QUICK or os.environ.get("EVERY_CLIENT")]


def _possible() -> bool:
    """Return whether this user may make a network namespace with a tunnel."""
    programs = all(map(shutil.which, ("unshare", "ip", "mount")))
    if not programs or not Path("/dev/net/tun").exists():
        return False
    return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("project-clients"),
    pytest.mark.skipif(not _possible(), reason="this system grants no network namespace with a tunnel"),
]


@pytest.fixture(scope="module")
def guarded() -> Callable[..., Any]:
    def guarded(*arguments: str) -> Any:
        run = subprocess.run(
            [*NAMESPACE, sys.executable, str(GUARD), *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout.splitlines()[-1])

    return guarded


@pytest.mark.parametrize(
    ("url", "receiver"),
    [("http://192.0.2.7/simple/", "192.0.2.7"), ("http://registry.example.com/simple/", "10.9.9.53")],
    ids=["address", "name"],
)
def test_the_guard_sees_connections_and_questions_for_names(
    guarded: Callable[..., Any], url: str, receiver: str
) -> None:
    assert guarded("--try", url)["left"] == [receiver]


@pytest.fixture(scope="module")
def environments(programs: Any) -> EnvironmentFolder:
    return EnvironmentFolder(programs.kept / "clients")


def prepared(name: str, environments: EnvironmentFolder) -> tuple[str, str]:
    """Return the folder of environments, with one of the newest version of the client, and its name."""
    spec = ClientSpec(name)
    if environments.find(spec) is None:
        make(spec, environments)
    return str(environments.path), name


@pytest.mark.parametrize("name", _tried(*known_clients()))
def test_no_scenario_leaves_loopback(
    name: str, guarded: Callable[..., Any], environments: EnvironmentFolder
) -> None:
    found = guarded(*prepared(name, environments))
    assert found["left"] == []
    assert [each.partition(":")[0] for each in found["cells"]] == [each.id for each in SCENARIOS]
    assert [
        each for each in found["cells"] if not each.endswith(": worked: ") and "not offered" not in each
    ] == []


@pytest.mark.parametrize("name", _tried(*(each.name for each in CLIENTS if issubclass(each, Installs))))
def test_no_client_follows_a_registry_that_leads_elsewhere(
    name: str, guarded: Callable[..., Any], environments: EnvironmentFolder
) -> None:
    found = guarded(*prepared(name, environments), "http://packages.example.com/simple/")
    assert found["left"] == []
    (cell,) = found["cells"]
    assert cell.startswith(
        "install.absent: failed: expected requests to the target alone, found GET http://packages.example.com/simple/"
    )
