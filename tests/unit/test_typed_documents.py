"""Documents can be typed from beginning to end in one shell, and say what commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.catalogue import catalogue
from conformance.run.checks_run import selected
from conformance.run.replay import Fate
from conformance.run.selection import Selection
from reference_server.faults import all_faults

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
EXPORTED = re.compile(r"\b(REGISTRY_CONFORMANCE_(?:USERNAME|PASSWORD))=")
RUN = re.compile(r"registry-conformance run\b")
ADDRESS = re.compile(r"--config\b|\bhttps?://|\bURL\b")


def commands(text: str) -> list[str]:
    """Return the commands of the shell blocks of a document, each on one line."""
    return "".join(SHELL.findall(text)).replace("\\\n", " ").splitlines()


def with_credentials(text: str) -> list[str]:
    """Return the runs of the embedded server that get the credentials of an earlier `export`."""
    exported: set[str] = set()
    found = []
    for command in commands(text):
        if command.startswith("export "):
            exported.update(EXPORTED.findall(command))
        elif RUN.search(command) and not ADDRESS.search(command):
            found += [command for name in exported if f"-u {name}" not in command]
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_run_without_a_url_gets_no_credentials(path: Path) -> None:
    assert with_credentials(path.read_text(encoding="utf-8")) == []


def test_an_export_reaches_the_blocks_after_it() -> None:
    export = "```sh\nexport REGISTRY_CONFORMANCE_PASSWORD=secret\n```\n"
    run = "```sh\nregistry-conformance run -k gitlab.page\n```\n"
    freed = "```sh\nenv -u REGISTRY_CONFORMANCE_PASSWORD \\\n  registry-conformance run -k gitlab.page\n```\n"
    assert with_credentials(run + export + freed) == []
    assert with_credentials(export + run) == ["registry-conformance run -k gitlab.page"]


@pytest.mark.parametrize("name", ["gate.md", "implementer.md"])
def test_a_guide_has_every_outcome_of_a_replay(name: str) -> None:
    text = " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())
    assert [fate for fate in Fate if f"*{fate}*" not in text] == []


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_number_of_faults_is_about_right(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    numbers = re.findall(r"\b[Ss]ome\s+(\d+) (?:ways|faults)", text)
    assert len(numbers) == 1
    assert abs(int(numbers[0]) - len(all_faults())) < 50


def test_fronts_were_judged_by_each_requirement_that_their_page_names() -> None:
    text = (ROOT / "docs" / "fronts.md").read_text(encoding="utf-8")
    expression = re.findall(r' -k "([^"]+)"', text)[0].replace("\\\n", "")
    named = set(re.findall(r"`([^`\s]+)`", text)) & {row.id for row in catalogue()}
    assert "gitlab.project.encoded-path" in named
    assert named - selected(None, Selection(keyword=expression)) == set()
