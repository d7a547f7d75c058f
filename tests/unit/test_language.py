"""The words that the project keeps out of everything that people read, and out of names."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .words import KEPT_OUT, NOT_NAMES, any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = ("conformance", "reference_server", "implementations")
WORDS = any_of(KEPT_OUT)

QUOTED = re.compile(r"`[^`]*`|\"[^\"\n]*\"|'[^'\n]*'")


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give every text of a module with its line: docstrings, help texts, errors, parts of f-strings."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Give the name of every function, class, parameter and attribute that a module defines, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id


def found_in(text: str) -> list[str]:
    """Return the words in a text that are kept out; what is quoted is data."""
    return [found[0] for found in WORDS.finditer(QUOTED.sub("", text))]


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_texts_of_a_module(path: Path) -> None:
    wrong = [f"line {line}: {words}" for line, text in texts(path) if (words := found_in(text))]
    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_names_of_a_module(path: Path) -> None:
    wrong = [f"line {line}: {name}" for line, name in names(path) if name.strip("_") in NOT_NAMES]
    assert wrong == []


FILES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "docs").rglob("*.toml"),
        *(ROOT / "templates").glob("*.yml"),
        ROOT / "action.yml",
        *(ROOT / "conformance").rglob("*.toml"),
        *(ROOT / "implementations").rglob("*.toml"),
        *(ROOT / "conformance" / "report" / "templates").glob("*.*"),
    ]
)


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix != ".py"], ids=relative)
def test_files_for_people(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = [f"line {number}: {words}" for number, line in enumerate(lines, 1) if (words := found_in(line))]
    assert wrong == []
