"""The pytest plugin in runs of other projects' tests: it imports nothing of the suite, and still reads its options."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import sys

def pytest_collection_finish(session):
    own = {name for name in sys.modules if name.partition(".")[0] in {"conformance", "reference_server"}}
    print("imported:", *sorted(own))
    print("url:", session.config.getoption("--registry-url", "no option"))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one test, which says what of the suite is imported."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return tmp_path


def collected(project: Path, *arguments: str, addopts: str = "") -> str:
    """Return what pytest prints when it collects the tests of a project."""
    environment = os.environ | {"PYTEST_ADDOPTS": addopts}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *arguments]
    ended = subprocess.run(
        command, cwd=project, env=environment, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_nothing_but_the_plugins_is_imported(project: Path) -> None:
    assert (
        "imported: conformance conformance.plugin reference_server reference_server.fixtures\n"
        in collected(project)
    )


def test_other_tests_do_without_the_options(project: Path) -> None:
    assert "url: no option\n" in collected(project)


@pytest.mark.parametrize("place", ["arguments", "configuration", "environment", "file"])
def test_options_are_read_wherever_they_are_given(project: Path, place: str) -> None:
    option = "--registry-url=http://127.0.0.1:1/"
    (project / "pytest.ini").write_text(
        f"[pytest]\naddopts = {option if place == 'configuration' else ''}\n", encoding="utf-8"
    )
    (project / "arguments.txt").write_text(f"{option}\n", encoding="utf-8")
    arguments = {"arguments": [option], "file": ["@arguments.txt"]}.get(place, [])
    output = collected(project, *arguments, addopts=option if place == "environment" else "")
    assert "url: http://127.0.0.1:1/\n" in output


@pytest.mark.parametrize("quote", ['"', "'"])
def test_options_in_the_environment_may_be_quoted(project: Path, quote: str) -> None:
    option = "--registry-url=http://127.0.0.1:1/"
    assert "url: http://127.0.0.1:1/\n" in collected(project, addopts=f"{quote}{option}{quote}")
