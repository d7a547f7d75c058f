"""What the component and the action do when they run: green, red, known, stale, cancelled, mistaken."""

from __future__ import annotations

import json
import os
import signal
import sys
import sysconfig
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tomli_w

from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CHECKS = "gitlab.page"
LISTS = "gitlab.page.lists-exactly-the-uploads"
FILES = {"result.json", "report.html", "junit.xml", "summary.md", "codequality.json", "report.sarif"}
LIMIT = 120


class RepeatsEveryLink(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


@pytest.fixture
def good() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


@pytest.fixture
def bad() -> Iterator[ReferenceServer]:
    with ReferenceServer(faults=[RepeatsEveryLink()]) as server:
        yield server


@pytest.fixture(scope="session")
def wheel(programs: Any, session_folder: Path) -> Path:
    """The project as pip gets it."""
    command = (sys.executable, "-m", "build", "--wheel", ROOT, "--outdir")
    built = programs.once(session_folder / "ci-wheel", lambda folder: programs.must(*command, folder))
    (path,) = built.glob("*.whl")
    found: Path = path
    return found


def judge(jobs: Any, server: ReferenceServer, **more: Any) -> Any:
    inputs = {"url": server.url, "username": server.username, "checks": CHECKS, **more}
    return jobs.run(server.password, **inputs)


def packages(server: ReferenceServer) -> set[str]:
    url = f"{server.origin}/api/v4/projects/1/packages?per_page=100"
    found = requests.get(url, headers={"PRIVATE-TOKEN": server.password}, timeout=10).json()
    return {f"{package['name']} {package['version']}" for package in found}


def verdict(folder: Path) -> str:
    """Read what the result says, and hold the reports to it."""
    written = {path.name for path in folder.iterdir() if path.is_file()}
    assert written - {"previous.json"} == FILES
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    found = {row["id"]: row["verdict"] for row in result["results"]}[LISTS]
    failures = (folder / "junit.xml").read_text(encoding="utf-8").count("<failure ")
    assert failures == (found in {"failed", "stale"})
    issues = json.loads((folder / "codequality.json").read_text(encoding="utf-8"))
    assert [issue["check_name"] for issue in issues] == ([] if found == "passed" else [LISTS])
    assert LISTS in (folder / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "report.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    return str(found)


def test_the_life_of_a_job(jobs: Any, good: ReferenceServer, bad: ReferenceServer) -> None:
    folder = jobs.folder / "registry-conformance"
    conforming = judge(jobs, good)
    assert conforming.exit_code == 0, conforming.output
    assert verdict(folder) == "passed"

    regression = judge(jobs, bad, previous="registry-conformance/result.json")
    assert regression.exit_code == 1, "red on a regression"
    assert verdict(folder) == "failed"
    assert "5 requirements in both, 1 differ" in regression.output
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert f"<b>failed</b> <code>{LISTS}</code>" in summary
    assert "### Since the last time" in summary

    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    signature = next(row["signature"] for row in result["results"] if row["id"] == LISTS)
    row = f'[[known]]\nid = "{LISTS}"\nreason = "target-bug"\nsignature = "{signature}"\n'
    (jobs.folder / "known.toml").write_text(row, encoding="utf-8")
    known = judge(jobs, bad, baseline="known.toml")
    assert known.exit_code == 0, "green on a known failure"
    assert verdict(folder) == "known"

    fixed = judge(jobs, good, baseline="known.toml")
    assert fixed.exit_code == 4, "red when it is fixed and still listed"
    assert verdict(folder) == "stale"
    assert packages(good) == packages(bad) == set()


def test_every_input_reaches_the_run(jobs: Any, good: ReferenceServer) -> None:
    (jobs.folder / "baseline.toml").write_text("", encoding="utf-8")
    options = {
        "baseline": "baseline.toml",
        "set": "2026.11",
        "checks": "gitlab.rest and not absent",
        "examples": "3",
        "processes": "2",
        "max_requests": "900",
        "rate": "500",
    }
    ended = judge(jobs, good, folder="out/side", profile="gitlab", **options)
    assert ended.exit_code == 0, ended.output
    (line,) = [line for line in ended.output.splitlines() if line.startswith("$ registry-conformance run ")]
    for words in (
        "--ledgers out/side/ledgers",
        "--baseline baseline.toml",
        "--set 2026.11",
        "-k 'gitlab.rest and not absent'",
        "--examples 3",
        "-n 2",
        "--max-requests 900",
        "--rate 500",
        "--json out/side/result.json",
    ):
        assert f" {words}" in line
    assert {path.name for path in (jobs.folder / "out" / "side").iterdir() if path.is_file()} == FILES


def test_the_token_is_in_no_file_and_in_no_output(jobs: Any, bad: ReferenceServer) -> None:
    ended = judge(jobs, bad)
    assert ended.exit_code == 1, ended.output
    basic = b64encode(f"{bad.username}:{bad.password}".encode()).decode()
    texts = [path.read_bytes().decode(errors="replace") for path in jobs.folder.rglob("*") if path.is_file()]
    assert len(texts) >= len(FILES)
    for secret in (bad.password, basic):
        assert not any(secret in text for text in [ended.output, *texts])


def test_what_a_killed_job_leaves_is_removed_by_its_end(jobs: Any, good: ReferenceServer) -> None:
    good.registry.publish("somebody_elses-1.0-py3-none-any.whl", b"not ours")
    left: set[str] = set()

    def kill(process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + LIMIT
        while len(packages(good)) < 12:
            assert time.monotonic() < deadline
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT)
        left.update(packages(good))

    ended = judge(jobs, good, checks="gitlab and not size", cancel=kill)
    assert ended.exit_code != 0
    assert len(left) >= 12
    assert packages(good) == {"somebody-elses 1.0"}, "what the job published, and nothing else"
    died = json.loads((jobs.folder / "registry-conformance" / "result.json").read_text(encoding="utf-8"))
    assert (died["finished"], died["summary"]["exit_code"]) == (None, 3)


def test_a_step_that_github_cancels_cleans_up_itself(github_jobs: Any, good: ReferenceServer) -> None:
    left: list[set[str]] = []

    def interrupt(process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + LIMIT
        while len(packages(good)) < 20:
            assert time.monotonic() < deadline
            assert process.poll() is None
        process.send_signal(signal.SIGINT)  # to this process and no other, as GitHub does
        process.wait(LIMIT)
        left.append(packages(good))

    ended = judge(github_jobs, good, checks="", cancel=interrupt)
    assert left == [set()]
    assert (ended.exit_code, ended.outputs["exit-code"]) == (3, "3")


@pytest.mark.parametrize("password", ["mistyped", ""])
def test_the_doctor_ends_a_job_before_anything_is_published(
    password: str, jobs: Any, good: ReferenceServer
) -> None:
    folder = jobs.folder / "registry-conformance"
    folder.mkdir()
    (folder / "result.json").write_text('{"finished": "yesterday", "summary": {"exit_code": 0}}')
    username = good.username if password else ""
    ended = jobs.run(password, url=good.url, username=username)
    assert ended.exit_code == 2, ended.output
    assert "wrong  credential: " in ended.output
    assert "$ registry-conformance run" not in ended.output
    assert [path.name for path in folder.iterdir()] == [], "nothing of yesterday"


@pytest.mark.parametrize(
    ("previous", "message"),
    [
        ("absent.json", "There is no absent.json: nothing to compare with."),
        ("broken.json", "previous.json is not a result"),
    ],
)
def test_an_earlier_result_that_cannot_be_read_changes_nothing(
    previous: str, message: str, gitlab_jobs: Any, good: ReferenceServer
) -> None:
    (gitlab_jobs.folder / "broken.json").write_text("{}", encoding="utf-8")
    ended = judge(gitlab_jobs, good, previous=previous)
    assert ended.exit_code == 0, ended.output
    assert message in ended.output


def test_read_only_publishes_nothing(jobs: Any, good: ReferenceServer) -> None:
    good.registry.publish("demo-1.0-py3-none-any.whl", b"not a wheel")
    before = packages(good)
    ended = judge(jobs, good, read_only="true", checks="simple.html.root")
    assert ended.exit_code == 0, ended.output
    assert "uploads:" not in ended.output
    assert packages(good) == before


def test_an_input_is_never_code(jobs: Any) -> None:
    text = "a$(touch pwned)`touch pwned`\"'; touch pwned; \ntouch pwned"
    elsewhere = {"package", "python-version", "job-name", "stage", "password-variable", "read-only"}
    inputs = {name: text for name in jobs.platform.inputs if name not in elsewhere}
    assert jobs.run(**inputs).exit_code == 2
    assert jobs.run(package=text).exit_code != 0, "pip refuses it"
    assert not list(jobs.folder.rglob("pwned"))


def test_the_package_is_installed_and_judges(
    jobs: Any, good: ReferenceServer, wheel: Path, programs: Any, tmp_path: Path
) -> None:
    programs.must(sys.executable, "-m", "venv", tmp_path / "image")
    variables = {
        "PATH": os.pathsep.join([str(tmp_path / "image" / "bin"), os.defpath]),
        "PYTHONPATH": sysconfig.get_path("purelib"),  # what it depends on: pip is to load nothing
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_FORCE_REINSTALL": "1",
    }
    ended = judge(jobs, good, package=f"{wheel}[parallel]", processes="2", variables=variables)
    assert ended.exit_code == 0, ended.output
    assert len(list(tmp_path.rglob("bin/registry-conformance"))) == 1
    assert packages(good) == set()


def test_a_registry_toml_is_enough(jobs: Any, good: ReferenceServer) -> None:
    (jobs.folder / "registry.toml").write_text(tomli_w.dumps(good.target()), encoding="utf-8")
    ended = jobs.run(config="registry.toml", checks=CHECKS)
    assert ended.exit_code == 0, ended.output


def test_github_is_told_what_there_is(github_jobs: Any, bad: ReferenceServer) -> None:
    ended = judge(github_jobs, bad)
    assert ended.outputs == {
        "exit-code": "1",
        "result": "registry-conformance/result.json",
        "html": "registry-conformance/report.html",
        "junit": "registry-conformance/junit.xml",
        "markdown": "registry-conformance/summary.md",
        "codequality": "registry-conformance/codequality.json",
        "sarif": "registry-conformance/report.sarif",
    }
    summary = (github_jobs.folder / "registry-conformance" / "summary.md").read_text(encoding="utf-8")
    assert (github_jobs.folder / "github_step_summary").read_text(encoding="utf-8") == summary
    refused = github_jobs.run("mistyped", url=bad.url, username=bad.username)
    assert {name: value for name, value in refused.outputs.items() if value} == {"exit-code": "2"}


def test_gitlab_takes_the_password_from_the_variable_that_is_named(
    gitlab_jobs: Any, good: ReferenceServer
) -> None:
    ended = judge(gitlab_jobs, good, password_variable="TOKEN_OF_THE_REGISTRY")
    assert ended.exit_code == 0, ended.output
    missing = gitlab_jobs.run(url=good.url, username=good.username, password_variable="ABSENT")
    assert missing.exit_code == 2
    assert "the password is to be in the variable ABSENT, which is not set" in missing.output
