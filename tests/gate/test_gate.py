"""The gate as docs/gate.md has it: red on a regression, green on what is known, red when that is over."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tomli_w

from conformance.commands.main import main
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
LIMIT = 600
CHECKS = "gitlab.page"
LISTS = "gitlab.page.lists-exactly-the-uploads"


def gate() -> tuple[list[str], ...]:
    """Read the gate's three lines from the document, as words."""
    text = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- gate -->\n+```sh\n(.*?)```", text, re.DOTALL)
    assert block
    return tuple(shlex.split(line)[1:] for line in block[1].splitlines())


DOCTOR, RUN, SWEEP = gate()
WHOLE_RUN = [word for word in RUN if word not in {"--baseline", "baseline.toml"}]
SOME = ["-k", CHECKS, "--ledgers", "ledgers"]


def typed(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a command of the gate in a folder; it runs in this process, where everything is imported."""
    with chdir(folder), redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        exit_code = main(words)
    return subprocess.CompletedProcess(words, exit_code, out.getvalue(), err.getvalue())


def in_a_job(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a command of the gate in a folder, in a process of its own, as a job of a CI system does."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


class RepeatsEveryLink(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


class ClosesItsDoors(Fault):
    """Answers 401 to everybody after the last request of the preparation, as when a token expires on the way."""

    def __init__(self) -> None:
        self.checking = False

    def respond(self, request: Any, response: Any) -> Any:
        if self.checking:
            response.status_code = 401
        self.checking = self.checking or "Range" in request.headers
        return response


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "baseline.toml").write_text("", encoding="utf-8")
    return tmp_path


def configure(server: ReferenceServer, folder: Path) -> None:
    (folder / "registry.toml").write_text(tomli_w.dumps(server.target()), encoding="utf-8")


@pytest.fixture
def good(folder: Path) -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        configure(server, folder)
        yield server


def result_in(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return table


def packages(server: ReferenceServer) -> set[str]:
    url = f"{server.origin}/api/v4/projects/1/packages?per_page=100"
    found = requests.get(url, headers={"PRIVATE-TOKEN": server.password}, timeout=10).json()
    return {f"{package['name']} {package['version']}" for package in found}


def test_the_life_of_a_gate(folder: Path) -> None:
    with ReferenceServer() as server:
        configure(server, folder)
        doctor = in_a_job(DOCTOR, folder)
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr
        assert packages(server) == set()
        conforming = in_a_job([*RUN, *SOME], folder)
        assert conforming.returncode == 0, conforming.stdout + conforming.stderr

    with ReferenceServer(faults=[RepeatsEveryLink()]) as server:
        configure(server, folder)
        regression = in_a_job([*RUN, *SOME], folder)
        assert regression.returncode == 1, "red on a regression"
        assert f"FAILED  {LISTS}" in regression.stdout

        still = typed(["replay", "result.json", "--config", "registry.toml"], folder)
        assert still.returncode == 1
        assert re.search(rf"still failing +{LISTS}", still.stdout)

        write = "baseline write result.json -o baseline.toml --owner packages --issue https://example.org/7"
        written = typed(write.split(), folder)
        assert (written.returncode, written.stdout) == (
            0,
            f"new      {LISTS}\nbaseline.toml lists 1 known failure.\n",
        )
        known = in_a_job([*RUN, *SOME], folder)
        assert known.returncode == 0, "green on a known failure"
        assert f"KNOWN  {LISTS}" in known.stdout
        assert "target-bug, owner packages, https://example.org/7" in known.stdout
        shown = typed(["baseline", "show", "baseline.toml"], folder)
        assert f"{LISTS:<48} MUST   target-bug, owner packages, https://example.org/7" in shown.stdout

    with ReferenceServer() as server:
        configure(server, folder)
        fixed = in_a_job([*RUN, *SOME], folder)
        assert fixed.returncode == 4, "red when it is fixed and still listed"
        assert f"STALE  {LISTS}" in fixed.stdout
        pruned = typed(["baseline", "prune", "baseline.toml", "result.json"], folder)
        assert (pruned.returncode, pruned.stdout) == (
            0,
            f"removed  {LISTS}\nbaseline.toml lists 0 known failures.\n",
        )
        assert typed([*RUN, *SOME], folder).returncode == 0


def test_a_known_failure_is_known_to_parallel_processes(folder: Path) -> None:
    with ReferenceServer(faults=[RepeatsEveryLink()]) as server:
        configure(server, folder)
        assert typed([*WHOLE_RUN, *SOME], folder).returncode == 1
        assert typed(["baseline", "write", "result.json", "-o", "baseline.toml"], folder).returncode == 0
        known = in_a_job([*RUN, *SOME, "-n", "2"], folder)
        assert known.returncode == 0, known.stdout + known.stderr
        assert result_in(folder)["summary"]["verdicts"]["known"] == 1


def test_what_was_fixed_is_replayed_green(folder: Path) -> None:
    with ReferenceServer(faults=[RepeatsEveryLink()]) as server:
        configure(server, folder)
        assert typed([*WHOLE_RUN, *SOME], folder).returncode == 1
    with ReferenceServer() as server:
        configure(server, folder)
        fixed = typed(["replay", "result.json", "--config", "registry.toml"], folder)
        assert fixed.returncode == 0, fixed.stdout + fixed.stderr
        assert re.search(rf"fixed +{LISTS}", fixed.stdout)


def test_an_expired_row_is_red_again(folder: Path) -> None:
    with ReferenceServer(faults=[RepeatsEveryLink()]) as server:
        configure(server, folder)
        assert typed([*WHOLE_RUN, *SOME], folder).returncode == 1
        write = "baseline write result.json -o baseline.toml --expires 2001-01-01"
        written = typed(write.split(), folder)
        assert f"Expired, and red until you extend them: {LISTS}" in written.stdout
        expired = typed([*RUN, *SOME], folder)
        assert expired.returncode == 4
        assert "expired on 2001-01-01: extend it or fix the registry" in expired.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run --baseline absent.toml", "cannot read absent.toml"),
        ("run --baseline broken.toml", "there is no requirement 'gitlab.massage'"),
        ("run --set 2001.01", "there is no set '2001.01'\n  Choose one of: 2026.11"),
        ("baseline show broken.toml", "there is no requirement 'gitlab.massage'"),
        ("baseline prune baseline.toml absent.json", "cannot read absent.json"),
        ("baseline write registry.toml -o baseline.toml", "registry.toml is not a result"),
        ("baseline write baseline.toml -o baseline.toml --reason laziness", "--reason"),
        ("baseline write baseline.toml -o baseline.toml --expires soon", "--expires"),
        ("upgrade --set 2001.01 good.json", "there is no set '2001.01'"),
        ("replay absent.json", "cannot read absent.json"),
        ("replay good.json --ca-bundle absent.pem", "there is no file absent.pem"),
        ("replay good.json --examples 0", "--examples"),
        ("replay good.json --rounds 0", "--rounds"),
        ("doctor", "doctor needs the URL of a registry"),
    ],
)
def test_a_mistake_gets_one_clear_line(
    words: str,
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = '[[known]]\nid = "gitlab.massage"\nreason = "target-bug"\nsignature = "x"\n'
    (folder / "broken.toml").write_text(row, encoding="utf-8")
    (folder / "registry.toml").write_text("", encoding="utf-8")
    moment = "2026-11-22T12:00:00+00:00"
    result = {
        "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
        "target": {"url": "http://x", "profile": "gitlab", "embedded": False},
        "run": "abcdefgh",
        "started": moment,
        "finished": moment,
        "summary": {"requests": 0, "seed": 0, "exit_code": 0, "notes": []},
        "results": [],
    }
    (folder / "good.json").write_text(json.dumps(result), encoding="utf-8")
    monkeypatch.chdir(folder)
    try:
        code = main(words.split())
    except SystemExit as exit_:  # argparse's own way
        code = int(exit_.code or 0)
    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL needs POSIX")
def test_a_run_that_is_killed_leaves_no_green_result_and_can_be_swept(
    good: ReferenceServer, folder: Path, programs: Any
) -> None:
    good.registry.publish("somebody_elses-1.0-py3-none-any.whl", b"not ours")
    (folder / "result.json").write_text('{"finished": "yesterday", "summary": {"exit_code": 0}}')
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *RUN, "-k", "gitlab and not size", "--ledgers", "ledgers"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    programs.eventually(lambda: len(packages(good)) >= 16, while_=process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(LIMIT) == -signal.SIGKILL

    died = result_in(folder)
    assert died["finished"] is None
    assert died["summary"]["exit_code"] == 3
    assert "has not finished" in died["summary"]["notes"][0]
    left = packages(good)
    assert all(died["run"] in name for name in left - {"somebody-elses 1.0"})
    assert len(left) > 10

    sweep = in_a_job([*SWEEP, "--ledgers", "ledgers"], folder)
    assert sweep.returncode == 0, sweep.stdout + sweep.stderr
    assert packages(good) == {"somebody-elses 1.0"}, "what the run published, and nothing else"
    assert list((folder / "ledgers").iterdir()) == []


def test_a_registry_that_cannot_be_judged_overwrites_the_old_result(folder: Path) -> None:
    (folder / "result.json").write_text('{"finished": "yesterday", "summary": {"exit_code": 0}}')
    with ReferenceServer() as server:
        configure(server, folder)
    down = typed(RUN, folder)
    assert down.returncode == 3, down.stdout + down.stderr
    summary = result_in(folder)["summary"]
    assert summary["exit_code"] == 3
    assert "got no answer" in summary["notes"][0]


def test_a_door_that_closes_is_no_deviation(folder: Path) -> None:
    with ReferenceServer(faults=[ClosesItsDoors()]) as server:
        configure(server, folder)
        closed = typed([*RUN, "-k", "gitlab.page or gitlab.rest", "--ledgers", "ledgers"], folder)
    assert closed.returncode == 5, closed.stdout + closed.stderr
    assert "accepted the credential 'default' when the run began, and rejects it now" in closed.stdout
    assert not [each["id"] for each in result_in(folder)["results"] if each["verdict"] == "failed"]
