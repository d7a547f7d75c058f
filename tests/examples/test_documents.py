"""What README and docs say can be typed, works when it is typed."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.target.configuration import configured_target

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("documents")]

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (?P<mark>[a-z]+) -->\n+)?```(?P<language>[a-z]+)\n(?P<text>.*?)```", re.DOTALL)
SERVE = re.compile(r"^reference-server serve .*$", re.MULTILINE)
PORT = "8765"
LIMIT = 600


@dataclass(frozen=True)
class Block:
    """A code block, and the comment above it that says how it can be tried."""

    document: str
    mark: str | None
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}-{self.language}-{self.text.split(maxsplit=3)[:3]}"


BLOCKS = [
    Block(path.name, found["mark"], found["language"], found["text"])
    for path in DOCUMENTS
    for found in BLOCK.finditer(path.read_text(encoding="utf-8"))
]


def marked(mark: str, language: str) -> list[Block]:
    """Return the blocks with this mark; what stands in two documents word for word is tried once."""
    found = (block for block in reversed(BLOCKS) if (block.mark, block.language) == (mark, language))
    return [*reversed({block.text: block for block in found}.values())]


@pytest.fixture(scope="module")
def served(programs: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Start the server with the README's own line, on a free port; give its folder and port."""
    folder = tmp_path_factory.mktemp("reader")
    line = next(
        found[0] for block in BLOCKS if block.document == "README.md" if (found := SERVE.search(block.text))
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    arguments = line.replace(PORT, port).split()[1:]
    process = subprocess.Popen([sys.executable, "-m", "reference_server", *arguments], cwd=folder)
    programs.eventually(lambda: answers(int(port)), while_=process)
    yield folder, port
    process.terminate()
    assert process.wait(LIMIT) == 0


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False


def run(command: list[str], folder: Path) -> None:
    scripts = str(Path(sys.executable).parent)
    environ = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", marked("example", "sh"), ids=str)
def test_a_command_works_as_it_stands(block: Block, served: tuple[Path, str]) -> None:
    folder, port = served
    run(["bash", "-euo", "pipefail", "-c", block.text.replace(PORT, port)], folder)


@pytest.mark.parametrize("block", marked("example", "python"), ids=str)
def test_a_program_works_as_it_stands(block: Block, tmp_path: Path) -> None:
    run([sys.executable, "-W", "error", "-c", block.text], tmp_path)


@pytest.mark.parametrize("block", marked("pytest", "python"), ids=str)
def test_a_test_works_as_it_stands(block: Block, tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(block.text, encoding="utf-8")
    run([sys.executable, "-m", "pytest", "-q"], tmp_path)


@pytest.mark.parametrize("block", marked("target", "toml"), ids=str)
def test_a_registry_toml_is_read(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(block.text, encoding="utf-8")
    environ = {"GITLAB_TOKEN": "a", "DEPLOY_READ": "b", "REGISTRY_TOKEN": "c"}
    target = configured_target(config=path, environ=environ)
    assert target is not None
    assert target.has_uploads
    if target.gitlab_projects:
        assert target.in_gitlab_project("public").url.endswith("/projects/43/packages/pypi")


def test_every_command_of_the_readme_is_tried() -> None:
    untried = [block for block in BLOCKS if block.document == "README.md" and block.mark is None]
    assert [block.language for block in untried if not SERVE.search(block.text)] == ["yaml"]
    for name in ("run", "test"):  # .ci/run types these two
        assert len(marked(name, "sh")) == 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link
