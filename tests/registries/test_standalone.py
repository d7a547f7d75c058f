"""The reference server as a process of its own, judged like any other registry."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from conformance.corpus import planned

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("standalone")]

SUITE = (sys.executable, "-m", "conformance")
OVER_HTTP_AND_A_FEW_CLIENTS = "gitlab or twine.environment or pip.index-url"


@dataclass(frozen=True)
class Standalone:
    """A server that runs, and the file in which it has described itself."""

    config: Path
    description: dict[str, Any] = field(repr=False)

    @property
    def url(self) -> str:
        return str(self.description["url"])

    def packages(self) -> list[str]:
        """Return the name and version of everything published, in every GitLab project that can be asked."""
        api = self.url.partition("/projects/")[0]
        token = {"PRIVATE-TOKEN": self.description["credentials"]["default"]["password"]}
        found: list[dict[str, Any]] = []
        others = self.description["gitlab-projects"].items()
        for kind, gitlab_project in (("", 1), *others):
            if kind not in {"path", "group"}:
                url = f"{api}/projects/{gitlab_project}/packages?per_page=100"
                answer = requests.get(url, headers=token, timeout=30)
                assert answer.status_code in {200, 403}, answer.text
                found += answer.json() if answer.status_code == 200 else []
        return [f"{package['name']} {package['version']}" for package in found]


@dataclass(frozen=True)
class Judged:
    """A run of the suite, and what it wrote."""

    process: subprocess.CompletedProcess[str]
    result: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        return {check["id"]: check["verdict"] for check in self.result["results"]}


@pytest.fixture(scope="module")
def standalone(programs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    """A server in another process, on granian."""
    pytest.importorskip("granian", reason="granian, the standalone server's own server, is not installed")
    folder = tmp_path_factory.mktemp("standalone")
    config, log = folder / "registry.toml", folder / "log"
    serve = (sys.executable, "-m", "reference_server", "serve", "--port", "0", "--write-target", config)
    with programs.started(*serve, log=log) as process:
        programs.eventually(lambda: answers(config), while_=process, log=log)
        yield Standalone(config, tomllib.loads(config.read_text(encoding="utf-8")))


def answers(config: Path) -> bool:
    """Tell whether the server has described itself, whole, and answers where it says."""
    try:
        requests.get(tomllib.loads(config.read_text(encoding="utf-8"))["url"], timeout=10)
    except (FileNotFoundError, KeyError, tomllib.TOMLDecodeError, requests.ConnectionError):
        return False
    return True


def judge(programs: Any, folder: Path, *arguments: str | Path) -> Judged:
    written = folder / "result.json"
    process = programs.run(*SUITE, "run", *arguments, "--json", written, "-k", OVER_HTTP_AND_A_FEW_CLIENTS)
    assert written.exists(), process.stderr
    return Judged(process, json.loads(written.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(scope="module")
def judged(
    standalone: Standalone, ledgers: Path, programs: Any, tmp_path_factory: pytest.TempPathFactory
) -> Judged:
    """The judgement of the standalone server."""
    target = (standalone.url, "--profile", "gitlab", "--config", standalone.config, "--ledgers", ledgers)
    return judge(programs, tmp_path_factory.mktemp("judged"), *target)


def test_every_verdict_is_that_of_the_embedded_server(judged: Judged, programs: Any, tmp_path: Path) -> None:
    embedded = judge(programs, tmp_path)
    assert not judged.result["target"]["embedded"]
    assert embedded.result["target"]["embedded"]
    assert judged.verdicts == embedded.verdicts
    assert judged.process.returncode == embedded.process.returncode == 0, judged.process.stdout
    assert {"clients.twine.environment", "clients.pip.index-url"} < judged.verdicts.keys()


def test_nothing_that_a_run_has_published_is_left(judged: Judged, standalone: Standalone) -> None:
    run = judged.result["run"]
    assert [package for package in standalone.packages() if run in package] == []


def test_no_ledger_is_left(judged: Judged, ledgers: Path) -> None:
    assert list(ledgers.iterdir()) == [], judged.result["summary"]["notes"]


def test_broken_uploads_are_judged_as_by_the_embedded_server(
    standalone: Standalone, programs: Any, tmp_path: Path
) -> None:
    """Here granian cuts the connections, and reads the chunks and the lengths."""
    written = tmp_path / "result.json"
    where = (standalone.url, "--config", standalone.config, "--ledgers", tmp_path / "ledgers")
    process = programs.run(*SUITE, "run", *where, "--json", written, "-k", "robustness or smuggling")
    assert process.returncode == 0, process.stdout + process.stderr
    verdicts = Judged(process, json.loads(written.read_text(encoding="utf-8"))).verdicts
    judged = {name for name, verdict in verdicts.items() if verdict == "passed"}
    assert {"robustness.truncated-body", "robustness.chunked-truncated", "security.smuggling"} < judged


def test_a_sweep_removes_what_a_killed_run_has_left(
    standalone: Standalone, programs: Any, tmp_path: Path
) -> None:
    log, ledgers = tmp_path / "log", tmp_path / "ledgers"
    where = (standalone.url, "--config", standalone.config, "--ledgers", ledgers)
    corpus = {(item.name, item.version) for item in planned("12345678").values()}

    def published() -> list[str]:
        """Return what the run has published: it is the only one with a ledger there."""
        return [
            package
            for package in standalone.packages()
            if any(path.stem in package for path in ledgers.glob("*.jsonl"))
        ]

    # Slow enough to be caught in the middle; requests only, so that no client outlives the suite.
    slowly = ("--rate", "10", "-k", "gitlab.rest")
    with programs.started(*SUITE, "run", *where, *slowly, log=log) as process:
        programs.eventually(lambda: len(published()) >= len(corpus), while_=process, log=log)
        process.kill()
        process.wait()
    (ledger,) = ledgers.iterdir()
    left = published()
    assert len(left) >= len(corpus)

    swept = programs.run(*SUITE, "sweep", *where)
    assert (swept.returncode, swept.stderr) == (0, ""), swept.stdout
    assert re.fullmatch(rf"Deleted {len(left)} packages \(\d+ files?\); nothing left.\n", swept.stdout)
    assert [package for package in standalone.packages() if ledger.stem in package] == []
    assert list(ledgers.iterdir()) == []
