"""However a run ends, nothing stays on the registry, its result is written, and no process goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not Path("/proc/self/stat").exists(), reason="reads the states of processes from /proc"
    ),
    pytest.mark.usefixtures("interruptible"),
]
TOKEN = ("--username", "__token__", "--password", "reference-api-token")
LIMIT = 300
WORKERS = ("-n", "2")


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def packages(server: ReferenceServer) -> list[str]:
    api = server.url.removesuffix("/pypi")
    answer = requests.get(api, headers={"PRIVATE-TOKEN": TOKEN[3]}, params={"per_page": 100}, timeout=LIMIT)
    return [package["name"] for package in answer.json()]


@contextmanager
def running(server: ReferenceServer, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Start a run in a process group of its own; kill the group in the end."""
    arguments = ["run", server.url, *TOKEN, "--ledgers", str(folder / "ledgers"), *more]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments, "--json", str(folder / "result.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def alive(group: int) -> list[int]:
    """Return the processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("more", "uploads"),
    [((), 1), ((), 20), (WORKERS, 8), (WORKERS, 40)],
    ids=["set-up", "checks", "set-up with workers", "checks of workers"],
)
def test_a_terminated_run_cleans_up_and_writes_its_result(
    server: ReferenceServer, programs: Any, tmp_path: Path, more: tuple[str, ...], uploads: int
) -> None:
    with running(server, tmp_path, *more) as process:
        programs.eventually(lambda: len(packages(server)) >= uploads, while_=process)
        process.terminate()
        output, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 3, output
        assert "interrupted" in output
        assert packages(server) == []
        assert json.loads((tmp_path / "result.json").read_text())["summary"]["exit_code"] == 3
        programs.eventually(lambda: not alive(process.pid))


def test_workers_end_with_a_killed_parent(server: ReferenceServer, programs: Any, tmp_path: Path) -> None:
    with running(server, tmp_path, *WORKERS) as process:
        programs.eventually(lambda: len(packages(server)) >= 20, while_=process)
        assert len(alive(process.pid)) > 1
        process.kill()
        process.wait()
        programs.eventually(lambda: not alive(process.pid))
        ledgers = list((tmp_path / "ledgers").iterdir())
        listed = {
            json.loads(line).get("project") for each in ledgers for line in each.read_text().splitlines()
        }
        assert set(packages(server)) <= listed
