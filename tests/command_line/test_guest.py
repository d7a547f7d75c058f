"""A run as a guest, measured at the server: one budget for all processes, throttling obeyed, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TOKEN = ("--username", "__token__", "--password", "reference-api-token")
CLIENTS = ("pip/", "twine/", "uv/")

pytestmark = pytest.mark.long


class Front:
    """Notes when each request arrives, and refuses what is above a limit per second with 429 and Retry-After."""

    def __init__(self, app: WSGIApplication, limit: int | None) -> None:
        self._app = app
        self._limit = limit
        self._lock = Lock()
        self.arrivals: list[float] = []
        """The moments of the suite's own requests."""
        self._accepted: list[float] = []
        self.refused = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            now = time.monotonic()
            if not environ.get("HTTP_USER_AGENT", "").startswith(CLIENTS):
                self.arrivals.append(now)
            if self._is_above_limit(now):
                self.refused += 1
                start_response("429 Too Many Requests", [("Retry-After", "1"), ("Content-Length", "0")])
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                return [b""]
            self._accepted.append(now)
        return self._app(environ, start_response)

    def _is_above_limit(self, now: float) -> bool:
        return (
            self._limit is not None
            and len([each for each in self._accepted if each > now - 1]) >= self._limit
        )

    def fewest_seconds_for(self, requests: int) -> float:
        """Return the shortest time in which this many requests and one more arrived."""
        times = sorted(self.arrivals)
        return min(later - earlier for earlier, later in zip(times, times[requests:], strict=False))


@contextmanager
def guarded(limit: int | None = None) -> Iterator[tuple[ReferenceServer, Front]]:
    """Start a reference server behind a front."""
    server = ReferenceServer()
    front = Front(server._mount._app, limit)
    server._mount._app = front
    with server:
        yield server, front


def run(server: ReferenceServer, folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the suite in a process of its own; return the exit code, the result and the output."""
    path = folder / "result.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "conformance", "run", server.url, *TOKEN, *arguments),
            *("--json", str(path), "--ledgers", str(folder / "ledgers")),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert path.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(path.read_text(encoding="utf-8")), done.stdout


def left_behind(server: ReferenceServer, folder: Path) -> list[object]:
    """Return what a run has left on the registry and in its ledgers."""
    packages = server.registry.packages(server.registry.gitlab_project("1"))
    return [*packages, *(folder / "ledgers").glob("*")]


def verdicts(result: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in result["results"]:
        found.setdefault(each["verdict"], []).append(f"{each['id']}: {each['message']}")
    return found


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_a_registry_that_throttles_is_judged_all_the_same(processes: tuple[str, ...], tmp_path: Path) -> None:
    with guarded(20) as (server, front):
        chosen = ("-k", "simple.root or gitlab.upload or yank or robustness.endings")
        code, result, output = run(server, tmp_path, *chosen, *processes)
        assert verdicts(result).keys() <= {"passed", "not applicable", "untestable"}, output
        assert (code, left_behind(server, tmp_path)) == (0, [])
        assert front.refused > 0
    assert any(note.startswith("The registry throttled this run: ") for note in result["summary"]["notes"])


def test_a_rate_holds_for_all_processes_together(tmp_path: Path) -> None:
    with guarded() as (server, front):
        code, result, output = run(
            server, tmp_path, "-k", "simple.root or gitlab.page", "--rate", "12", "-n", "2"
        )
        assert (code, left_behind(server, tmp_path)) == (0, []), output
        assert len(front.arrivals) > 40
        assert front.fewest_seconds_for(12) >= 1.0
    assert result["summary"]["judged"] > 5


def test_a_budget_holds_for_all_processes_together(tmp_path: Path) -> None:
    with guarded() as (server, front):
        options = ("-k", "gitlab.rest", "--max-requests", "60", "-n", "2")
        code, result, output = run(server, tmp_path, *options)
        assert code == 5, output
        assert left_behind(server, tmp_path) == []
        assert len(front.arrivals) <= 60
    unjudged = [each for each in result["results"] if each["stopped_by"] == "budget"]
    assert unjudged
    assert {each["verdict"] for each in unjudged} == {"error"}
    (note,) = [note for note in result["summary"]["notes"] if "not judged, because of budget" in note]
    assert f"{len(unjudged)} requirements not judged" in note
    assert min(each["id"] for each in unjudged) in note
    assert "the budget of 60 requests is spent; raise --max-requests" in note
    assert " conforms" not in output


def test_no_check_starts_after_the_time_of_a_run(tmp_path: Path) -> None:
    with guarded() as (server, _):
        code, result, output = run(server, tmp_path, "-k", "simple.root", "--max-time", "0.001")
        assert (code, left_behind(server, tmp_path)) == (5, []), output
    assert {each["stopped_by"] for each in result["results"]} == {"time"}


def test_throttling_without_an_end_judges_nothing(tmp_path: Path) -> None:
    with guarded() as (server, front):
        front._limit = 0
        code, result, _ = run(server, tmp_path, "-k", "simple.root")
        assert (code, left_behind(server, tmp_path)) == (5, [])
    assert len(front.arrivals) == 6
    assert "nothing was judged" in result["summary"]["notes"][0]


def test_doctor_sees_throttling_and_proposes_a_rate() -> None:
    with guarded(20) as (server, _):
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "doctor", server.url, *TOKEN],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 2, done.stdout
    assert "problem  throttling: the registry refused 1 request" in done.stdout
    assert "→ run with --rate " in done.stdout
