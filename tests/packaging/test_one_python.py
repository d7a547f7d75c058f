"""The README's commands need one supported Python, whichever it is; CI has the others."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIS = f"3.{sys.version_info.minor}"
LIMIT = 120.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason=".ci/one-python makes POSIX links")


def supported() -> list[str]:
    """Return the minor versions of Python that the project's metadata names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = (
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each) for each in project["classifiers"]
    )
    return [match[1] for match in found if match]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with the Python that runs these tests, and no other."""
    folder = tmp_path_factory.mktemp("machine") / "bin"
    subprocess.run([sys.executable, ROOT / ".ci" / "one-python", folder], check=True, timeout=LIMIT)
    return str(folder)


def tox(*arguments: str, path: str, folder: Path) -> configparser.ConfigParser:
    """Return what tox prints about its environments, where `path` is the PATH."""
    done = subprocess.run(
        [sys.executable, "-m", "tox", "config", "-c", ROOT, "--workdir", folder, *arguments],
        env={"PATH": path, "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = configparser.ConfigParser(interpolation=None)
    printed.read_string(done.stdout)
    return printed


def test_the_machine_has_one_python_and_every_other_program(path: str) -> None:
    assert [each for each in supported() if shutil.which(f"python{each}", path=path)] == [THIS]
    version = subprocess.check_output(["python3", "--version"], env={"PATH": path}, text=True, timeout=LIMIT)
    assert version.startswith(f"Python {THIS}.")
    assert shutil.which("bash", path=path)


def test_plain_tox_checks_style_and_types_and_runs_the_tests(path: str, tmp_path: Path) -> None:
    printed = tox("-k", "py_dot_ver", "commands", path=path, folder=tmp_path)
    assert printed.sections() == ["testenv:lint", "testenv:types", "testenv:tests"]
    assert {each["py_dot_ver"] for name, each in printed.items() if name != printed.default_section} == {THIS}
    assert printed["testenv:tests"]["commands"].endswith(" -m 'not long' tests")


def test_what_plain_tox_leaves_out_is_run_by_one_command_and_by_ci(path: str, tmp_path: Path) -> None:
    printed = tox("-e", "long", "-k", "py_dot_ver", "commands", path=path, folder=tmp_path)
    assert printed["testenv:long"]["py_dot_ver"] == THIS
    assert printed["testenv:long"]["commands"].endswith(" -m long tests")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^PATH=\S+ tox -e long ", script, re.MULTILINE)


def test_ci_runs_on_every_supported_python() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"\$\(python_path (3\.\d+)\)", script) == supported()
    *middle, newest = supported()[1:]
    assert re.findall(r"^PATH=\S+ tox -e py(\d+)$", script, re.MULTILINE) == [newest.replace(".", "")]
    long = r"^PATH=\S+ tox -e long --override testenv:long\.base_python=python(3\.\d+)$"
    assert re.findall(long, script, re.MULTILINE) == middle


def test_ci_types_the_readmes_commands_where_there_is_one_python() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    _, one, after = script.partition('export PATH="$work/bin"\n')
    assert one
    assert re.findall(r"^\.ci/readme-command (\w+)$", after, re.MULTILINE) == ["run", "test"]
