"""The two files as their platforms read them: inputs filled in, scripts run with the platform's own shell line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
LIMIT = 600


@dataclass(frozen=True, kw_only=True)
class Step:
    """One process of a job. `always` says that it runs whatever happened before, and decides nothing."""

    command: tuple[str, ...]
    script: str
    variables: Mapping[str, str]
    judges: bool = False
    always: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a job ended, and what it has told."""

    exit_code: int
    output: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Of the action."""


class Platform(Protocol):
    """A CI system, as far as one job needs it."""

    inputs: Mapping[str, Mapping[str, Any]]

    def steps(self, given: Mapping[str, str], password: str, folder: Path) -> list[Step]:
        """Return the processes of a job with these inputs."""

    def excerpt(self, ended: Ended, folder: Path) -> Ended:
        """Add what the platform was told in its own files."""


class GitLab:
    """GitLab's CI/CD component. Source: GitLab's documentation of CI/CD components and of inputs."""

    def __init__(self) -> None:
        self.header, self.body = yaml.safe_load_all((ROOT / "templates" / "conformance.yml").read_text())
        self.inputs: Mapping[str, Mapping[str, Any]] = self.header["spec"]["inputs"]

    def pipeline(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the pipeline that the component becomes."""
        values = {name: given.get(name, each["default"]) for name, each in self.inputs.items()}
        filled: dict[str, Any] = _filled(self.body, values)
        return filled

    def steps(self, given: Mapping[str, str], password: str, folder: Path) -> list[Step]:
        """Return the two shells of the job. The password is a CI/CD variable, and no input."""
        (job,) = self.pipeline(given).values()
        variables = {**job["variables"], "CI_PROJECT_DIR": str(folder)}
        variables[variables["REGISTRY_CONFORMANCE_PASSWORD_VARIABLE"]] = password
        step = Step(command=("bash", "-c"), script="", variables=variables)

        def script(*names: str) -> str:
            return "\n".join(["set -eo pipefail", *(line for name in names for line in job[name])])

        return [
            replace(step, script=script("before_script", "script"), judges=True),
            replace(step, script=script("after_script"), always=True),
        ]

    def excerpt(self, ended: Ended, folder: Path) -> Ended:
        """Return it as it is: what GitLab shows is in the artifacts."""
        assert folder.is_dir()
        return ended


class GitHub:
    """GitHub's composite action. Source: GitHub's metadata syntax reference."""

    def __init__(self) -> None:
        self.action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
        self.inputs: Mapping[str, Mapping[str, Any]] = self.action["inputs"]

    def steps(self, given: Mapping[str, str], password: str, folder: Path) -> list[Step]:
        """Return the steps with a script; of `setup-python` only what it would give."""
        inputs = {name: given.get(name, each["default"]) for name, each in self.inputs.items()}
        inputs["password"] = given.get("password", password)
        known = {f"inputs.{name}": value for name, value in inputs.items()}
        known["steps.python.outputs.python-path"] = sys.executable
        said = {name: str(folder / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        return [
            Step(
                command=("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"),
                script=step["run"],
                variables={
                    **{name: expression(value, known) for name, value in step["env"].items()},
                    **said,
                    "RUNNER_TEMP": str(folder / "temp"),
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_ACTION_PATH": str(ROOT),
                },
                judges=step.get("id") == "judge",
                always=step.get("if") == "always()" and step["continue-on-error"],
            )
            for step in self.action["runs"]["steps"]
            if "run" in step and condition(step.get("if", "always()"), inputs)
        ]

    def excerpt(self, ended: Ended, folder: Path) -> Ended:
        """Add the action's outputs."""
        written = folder / "github_output"
        text = written.read_text(encoding="utf-8") if written.exists() else ""
        lines = dict(line.split("=", 1) for line in text.splitlines())
        known = {f"steps.judge.outputs.{name}": value for name, value in lines.items()}
        outputs = {
            name: expression(each["value"], known, absent="") for name, each in self.action["outputs"].items()
        }
        return replace(ended, outputs=outputs)


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    """Fill the inputs in where GitLab does: in keys and values of the parsed file."""
    if isinstance(node, dict):
        return {_filled(key, values): _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(each, values) for each in node]
    if isinstance(node, str):
        return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: values[found[1]], node)
    return node


def expression(text: str, known: Mapping[str, str], *, absent: str | None = None) -> str:
    """Fill in GitHub's expressions, of which the file has names only."""

    def value(found: re.Match[str]) -> str:
        return known[found[1]] if absent is None else known.get(found[1], absent)

    return re.sub(r"\$\{\{ ([a-z.-]+) \}\}", value, text)


def condition(text: str, inputs: Mapping[str, str]) -> bool:
    """Tell whether a step runs, by the only two conditions that the file has."""
    if text == "always()":
        return True
    found = re.fullmatch(r"inputs\.([a-z-]+) != ''", text)
    assert found, text
    return bool(inputs[found[1]])


class Jobs:
    """Runs jobs of one platform in one folder."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder

    def run(
        self,
        password: str = "",
        *,
        cancel: Callable[[subprocess.Popen[str]], None] | None = None,
        variables: Mapping[str, str] | None = None,
        **inputs: str,
    ) -> Ended:
        """Run a job. `cancel` is called with the process that judges, once that has been started."""
        given = {"package": "", "processes": "", **{name.replace("_", "-"): v for name, v in inputs.items()}}
        for path in self.folder.glob("github_*"):
            path.unlink()
        (self.folder / "temp").mkdir(exist_ok=True)
        exit_code, output = 0, ""
        for step in self.platform.steps(given, password, self.folder):
            if step.always or not exit_code:
                ended, text = self._run(step, cancel if step.judges else None, variables or {})
                output += text
                exit_code = exit_code if step.always else ended
        return self.platform.excerpt(Ended(exit_code=exit_code, output=output), self.folder)

    def _run(
        self,
        step: Step,
        cancel: Callable[[subprocess.Popen[str]], None] | None,
        variables: Mapping[str, str],
    ) -> tuple[int, str]:
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "GITHUB_"))
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with subprocess.Popen(
            [*step.command, step.script],
            cwd=self.folder,
            env={**own, "PATH": path, "HOME": str(self.folder / "temp"), **step.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that it can be killed with all of its children, as a runner does
        ) as process:
            if cancel:
                cancel(process)
            output, _ = process.communicate(timeout=LIMIT)
        return process.returncode, output


@pytest.fixture(scope="session")
def gitlab() -> GitLab:
    return GitLab()


@pytest.fixture(scope="session")
def github() -> GitHub:
    return GitHub()


@pytest.fixture(scope="session")
def jobs_at(gitlab: GitLab, github: GitHub) -> Callable[[str, Path], Jobs]:
    """A maker of what runs jobs: of the platform of this name, in a folder."""
    platforms: dict[str, Platform] = {"gitlab": gitlab, "github": github}
    return lambda platform, folder: Jobs(platforms[platform], folder)


@pytest.fixture
def gitlab_jobs(gitlab: GitLab, tmp_path: Path) -> Jobs:
    return Jobs(gitlab, tmp_path)


@pytest.fixture
def github_jobs(github: GitHub, tmp_path: Path) -> Jobs:
    return Jobs(github, tmp_path)


@pytest.fixture(params=["gitlab_jobs", "github_jobs"])
def jobs(request: pytest.FixtureRequest) -> Jobs:
    """Runs jobs of either platform, in an empty folder."""
    found: Jobs = request.getfixturevalue(request.param)
    return found
