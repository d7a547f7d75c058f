"""What the component and the action do when they run: green, red, known, stale, cancelled, mistaken."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import sysconfig
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tomli_w

from conformance.commands.ci import REPORTS, RESULT
from reference_server import ReferenceServer
from reference_server.faults import Fault

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHECKS = "gitlab.page"
LISTS = "gitlab.page.lists-exactly-the-uploads"
FILES = {RESULT, *REPORTS.values()}
LIMIT = 600
pytestmark = pytest.mark.long

PLATFORMS = {name: pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("gitlab", "github")}
"""Which keep the tests together that look at the same life of a job."""


class RepeatsEveryLink(Fault):
    """Lists every file twice."""

    def project_page(self, page: Any) -> Any:
        return page.plus(*page.files)


@pytest.fixture
def good() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


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


@dataclass(frozen=True)
class Lived:
    """A job that has ended, and a copy of its folder as it was then."""

    ended: Any
    folder: Path

    @property
    def written(self) -> Path:
        """Where the result and the reports are."""
        return self.folder / "registry-conformance"


@dataclass(frozen=True)
class Life:
    """The same job four times, one after the other, and what it has left on both registries."""

    conforming: Lived
    regression: Lived
    known: Lived
    fixed: Lived
    red: str
    """The URL of the registry with the regression."""
    left: set[str]


@pytest.fixture(scope="module")
def lives(jobs_at: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Life]:
    """The life of a job on a platform, by the platform's name: it is lived once."""

    @cache
    def life(platform: str) -> Life:
        return _lived(jobs_at(platform, tmp_path_factory.mktemp(platform)), tmp_path_factory.mktemp("copies"))

    return life


def _lived(jobs: Any, copies: Path) -> Life:
    def lived(name: str, ended: Any) -> Lived:
        return Lived(ended, shutil.copytree(jobs.folder, copies / name))

    with ReferenceServer() as good, ReferenceServer(faults=[RepeatsEveryLink()]) as bad:
        conforming = lived("conforming", judge(jobs, good, previous="absent.json"))
        again = judge(jobs, bad, previous="registry-conformance/result.json")
        regression = lived("regression", again)
        (jobs.folder / "known.toml").write_text(_known(regression.written), encoding="utf-8")
        (jobs.folder / "registry.toml").write_text(tomli_w.dumps(bad.target()), encoding="utf-8")
        (jobs.folder / "broken.json").write_text("{}", encoding="utf-8")
        listed = {"baseline": "known.toml", "checks": CHECKS}
        known = lived("known", jobs.run(config="registry.toml", previous="broken.json", **listed))
        fixed = lived("fixed", judge(jobs, good, **listed))
        return Life(conforming, regression, known, fixed, bad.url, packages(good) | packages(bad))


def _known(folder: Path) -> str:
    """Return a baseline with the failure of the result in a folder."""
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    signature = next(row["signature"] for row in result["results"] if row["id"] == LISTS)
    return f'[[known]]\nid = "{LISTS}"\nreason = "target-bug"\nsignature = "{signature}"\n'


@pytest.mark.parametrize("platform", PLATFORMS.values())
def test_the_life_of_a_job(platform: str, lives: Callable[[str], Life]) -> None:
    life = lives(platform)
    assert life.conforming.ended.exit_code == 0, life.conforming.ended.output
    assert verdict(life.conforming.written) == "passed"

    assert life.regression.ended.exit_code == 1, "red on a regression"
    assert verdict(life.regression.written) == "failed"
    assert "1 regressed, of 5 requirements in both results" in life.regression.ended.output
    summary = (life.regression.written / "summary.md").read_text(encoding="utf-8")
    assert f"<b>failed</b> <code>{LISTS}</code>" in summary
    assert "### Since the last time" in summary

    assert life.known.ended.exit_code == 0, "green on a known failure"
    assert verdict(life.known.written) == "known"

    assert life.fixed.ended.exit_code == 4, "red when it is fixed and still listed"
    assert verdict(life.fixed.written) == "stale"
    assert life.left == set()


@pytest.mark.parametrize("platform", PLATFORMS.values())
def test_a_registry_toml_is_enough(platform: str, lives: Callable[[str], Life]) -> None:
    life = lives(platform)
    assert life.known.ended.exit_code == 0, life.known.ended.output
    result = json.loads((life.known.written / "result.json").read_text(encoding="utf-8"))
    assert result["target"]["url"] == life.red


@pytest.mark.parametrize("platform", PLATFORMS.values())
def test_an_earlier_result_that_cannot_be_read_changes_nothing(
    platform: str, lives: Callable[[str], Life]
) -> None:
    life = lives(platform)
    for lived, message in (
        (life.conforming, "There is no absent.json: nothing to compare with."),
        (life.known, "previous.json is not a result"),
    ):
        assert lived.ended.exit_code == 0, lived.ended.output
        assert message in lived.ended.output


@pytest.mark.parametrize("platform", PLATFORMS.values())
def test_the_token_is_in_no_file_and_in_no_output(platform: str, lives: Callable[[str], Life]) -> None:
    life = lives(platform)
    username, password = ReferenceServer.username, ReferenceServer.password
    basic = b64encode(f"{username}:{password}".encode()).decode()
    for lived in (life.conforming, life.regression):
        paths = [path for path in lived.folder.rglob("*") if path.is_file()]
        texts = [path.read_bytes().decode(errors="replace") for path in paths]
        assert len(texts) >= len(FILES)
        for secret in (password, basic):
            assert not any(secret in text for text in [lived.ended.output, *texts])


def test_every_input_reaches_the_run(jobs: Any, good: ReferenceServer) -> None:
    (jobs.folder / "baseline.toml").write_text("", encoding="utf-8")
    options = {
        "baseline": "baseline.toml",
        "set": "2026.11",
        "checks": "gitlab.rest and not absent",
        "examples": "3",
        "processes": "1",
        "max_requests": "900",
        "rate": "500",
        "max_time": "600",
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
        "-n 1",
        "--max-requests 900",
        "--rate 500",
        "--max-time 600",
        "--json out/side/result.json",
    ):
        assert f" {words}" in line
    assert {path.name for path in (jobs.folder / "out" / "side").iterdir() if path.is_file()} == FILES


def test_what_a_killed_job_leaves_is_removed_by_its_end(
    jobs: Any, good: ReferenceServer, programs: Any
) -> None:
    good.registry.publish("somebody_elses-1.0-py3-none-any.whl", b"not ours")
    left: set[str] = set()

    def kill(process: subprocess.Popen[str]) -> None:
        programs.eventually(lambda: len(packages(good)) >= 12, while_=process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT)
        left.update(packages(good))

    ended = judge(jobs, good, checks="gitlab and not size", cancel=kill)
    assert ended.exit_code != 0
    assert len(left) >= 12
    assert packages(good) == {"somebody-elses 1.0"}, "what the job published, and nothing else"
    died = json.loads((jobs.folder / "registry-conformance" / "result.json").read_text(encoding="utf-8"))
    assert (died["finished"], died["summary"]["exit_code"]) == (None, 3)


@pytest.mark.usefixtures("interruptible")
def test_a_step_that_github_cancels_cleans_up_itself(
    github_jobs: Any, good: ReferenceServer, programs: Any
) -> None:
    left: list[set[str]] = []

    def interrupt(process: subprocess.Popen[str]) -> None:
        programs.eventually(lambda: len(packages(good)) >= 20, while_=process)
        process.send_signal(signal.SIGINT)  # to this process and no other, as GitHub does
        process.wait(LIMIT)
        left.append(packages(good))

    ended = judge(github_jobs, good, checks="", cancel=interrupt)
    assert left == [set()]
    assert (ended.exit_code, ended.outputs["exit-code"]) == (3, "3")


def shown(folder: Path) -> tuple[str, list[dict[str, Any]], str]:
    """Return what a merge request shows: the summary, the Code Quality issues, and JUnit."""
    issues = json.loads((folder / "codequality.json").read_text(encoding="utf-8"))
    summary, junit = ((folder / name).read_text(encoding="utf-8") for name in ("summary.md", "junit.xml"))
    return summary, issues, junit


@pytest.mark.parametrize(
    ("registry", "inputs", "exit_code", "reason"),
    [
        ("down", {}, 3, "got no answer"),
        ("too-many-requests,retry_after=1", {}, 5, "the registry throttles; use --rate"),
        ("", {"max_requests": "40"}, 5, "the budget of 40 requests is spent; raise --max-requests"),
        ("", {"max_time": "0.001"}, 5, "--max-time"),
    ],
    ids=["down", "throttled", "requests", "time"],
)
def test_a_merge_request_shows_why_there_is_no_verdict(
    registry: str, inputs: dict[str, str], exit_code: int, reason: str, jobs: Any
) -> None:
    with ReferenceServer(faults=[registry] if registry not in {"", "down"} else []) as server:
        url = "http://127.0.0.1:9/api/v4/projects/1/packages/pypi" if registry == "down" else server.url
        ended = judge(jobs, server, url=url, **inputs)
        left = packages(server) if not registry else set()
    assert ended.exit_code == exit_code, ended.output
    assert left == set()
    summary, issues, junit = shown(jobs.folder / "registry-conformance")
    assert reason in summary
    assert summary.count(reason) == 1, "once, however many requirements share it"
    (issue,) = issues
    assert issue["severity"] == "blocker", "without an issue, those of the last run would seem resolved"
    assert reason in issue["description"]
    assert reason in junit
    assert "<error " in junit
    if ended.outputs:
        assert (
            f"::error title=no verdict%3A the registry {'' if inputs else 'was not judged'}" in ended.output
        )


@pytest.mark.parametrize("platform", PLATFORMS.values())
def test_a_merge_request_shows_the_life_of_a_job(platform: str, lives: Callable[[str], Life]) -> None:
    life = lives(platform)
    summary, issues, _ = shown(life.conforming.written)
    assert "all passed" in summary.splitlines()[0]
    assert issues == []

    summary, issues, junit = shown(life.regression.written)
    assert "does not conform, with 1 failure" in summary.splitlines()[0]
    assert re.search(rf"^regressed +{re.escape(LISTS)} +passed → failed$", summary, re.MULTILINE)
    assert [issue["severity"] for issue in issues] == ["critical"]
    assert "Found: " in issues[0]["description"]
    assert "<failure " in junit

    summary, issues, junit = shown(life.known.written)
    assert "none failed" in summary.splitlines()[0]
    assert [issue["severity"] for issue in issues] == ["info"]
    assert "<failure " not in junit

    summary, issues, junit = shown(life.fixed.written)
    stale = "but it passes: remove the row with `baseline prune`"
    assert "baseline, which is out of date" in summary.splitlines()[0]
    assert stale in summary
    assert [issue["severity"] for issue in issues] == ["major"]
    assert stale in issues[0]["description"]
    assert stale in junit


@pytest.mark.parametrize("platform", [PLATFORMS["github"]])
def test_github_annotates_the_worst(platform: str, lives: Callable[[str], Life]) -> None:
    life = lives(platform)
    found = [line for line in life.regression.ended.output.splitlines() if line.startswith("::error ")]
    assert [line.partition("::A ")[0] for line in found] == [f"::error title=failed%3A {LISTS}"]
    assert "::error" not in life.conforming.ended.output


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
    assert "problem  credential: " in ended.output
    assert "$ registry-conformance run" not in ended.output
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert {*written} == {"result.json", *REPORTS.values()}
    assert "yesterday" not in written["result.json"]
    for name in ("summary.md", "junit.xml", "report.html"):
        assert "problem  credential: " in written[name], "a merge request shows why"
    assert "mistyped" not in "".join(written.values())


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
    programs.must(sys.executable, "-m", "venv", "--without-pip", tmp_path / "image")
    variables = {
        "PATH": os.pathsep.join([str(tmp_path / "image" / "bin"), os.defpath]),
        "PYTHONPATH": sysconfig.get_path("purelib"),  # pip, and what it depends on: nothing is to be loaded
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_FORCE_REINSTALL": "1",
    }
    ended = judge(jobs, good, package=f"{wheel}[suite,parallel]", variables=variables)
    assert ended.exit_code == 0, ended.output
    assert len(list(tmp_path.rglob("bin/registry-conformance"))) == 1
    assert packages(good) == set()


@pytest.mark.parametrize("platform", [PLATFORMS["github"]])
def test_github_is_told_what_there_is(platform: str, lives: Callable[[str], Life]) -> None:
    red = lives(platform).regression
    assert red.ended.outputs == {
        "exit-code": "1",
        "result": "registry-conformance/result.json",
        **{name: f"registry-conformance/{file}" for name, file in REPORTS.items()},
    }
    summary = (red.written / "summary.md").read_text(encoding="utf-8")
    assert (red.folder / "github_step_summary").read_text(encoding="utf-8") == summary


def test_github_is_told_of_a_refusal(github_jobs: Any, good: ReferenceServer) -> None:
    refused = github_jobs.run("mistyped", url=good.url, username=good.username)
    assert refused.outputs["exit-code"] == "2"
    summary = (github_jobs.folder / "github_step_summary").read_text(encoding="utf-8")
    assert "problem  credential: " in summary


def test_gitlab_takes_the_password_from_the_variable_that_is_named(
    gitlab_jobs: Any, good: ReferenceServer
) -> None:
    ended = judge(gitlab_jobs, good, password_variable="TOKEN_OF_THE_REGISTRY")
    assert ended.exit_code == 0, ended.output
    missing = gitlab_jobs.run(url=good.url, username=good.username, password_variable="ABSENT")
    assert missing.exit_code == 2
    assert "the variable ABSENT, which should hold the password, is not set" in missing.output
