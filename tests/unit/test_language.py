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


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give every text of a module with its line: docstrings, help texts, errors, parts of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give the name of every function, class, parameter and attribute that a module defines, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id


def found_in(text: str) -> list[str]:
    """Return the words in a text that are kept out; what is quoted is data."""
    return [found[0] for found in WORDS.finditer(QUOTED.sub("", text))]


@pytest.mark.parametrize("package", PACKAGES)
def test_modules(package: str) -> None:
    wrong = []
    for path in sorted((ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [(line, words) for line, text in texts(tree) if (words := found_in(text))]
        found += [(line, [name]) for line, name in names(tree) if name.strip("_") in NOT_NAMES]
        wrong += [f"{relative(path)}:{line}: {', '.join(words)}" for line, words in found]
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
        *(
            path
            for path in (ROOT / "conformance" / "report" / "templates").glob("*.*")
            if path.suffix != ".py"  # a module
        ),
    ]
)


def test_files_for_people() -> None:
    wrong = [
        f"{relative(path)}:{number}: {', '.join(words)}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (words := found_in(line))
    ]
    assert wrong == []
