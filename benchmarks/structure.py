"""Measures the shape of the code: landings, import chains, import circles, long files and functions.

    python -m benchmarks.structure

Every import counts: late ones and those for types, too. Exits with 1 when a limit is broken: a circle of files,
more than `MOST_ON_A_LANDING` files on a package's landing, a file longer than `LONGEST_FILE`, or a function
longer than `LONGEST_FUNCTION` that `LONG_FOR_A_REASON` does not list. `tests/unit/test_structure.py` holds this, and
import-linter (`lint-imports`) holds which room may import which.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
PACKAGES = ("conformance", "reference_server")
MOST_ON_A_LANDING = 8
LONGEST_FILE = 400
"""Lines, above which a file has to be split."""
LONGEST_FUNCTION = 40
"""Lines from `def` to the end, the docstring included."""

LONG_FOR_A_REASON: Mapping[str, str] = {}
"""Functions above `LONGEST_FUNCTION`, as `module:Class.name`, each with the reason why it stays whole."""


@dataclass(frozen=True)
class Package:
    """A package of this repository: its modules by dotted name, and what each imports of the same package."""

    name: str

    @cached_property
    def modules(self) -> dict[str, Path]:
        """The file of each module."""
        paths = sorted((ROOT / self.name).rglob("*.py"))
        return {_dotted(path): path for path in paths}

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The syntax tree of each module."""
        return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.modules.items()}

    @cached_property
    def imports(self) -> dict[str, frozenset[str]]:
        """What each module imports of this package, wherever the import stands and whatever it is for."""
        return {
            name: frozenset(filter(None, map(self._module, _imported(tree)))) - {name}
            for name, tree in self.trees.items()
        }

    def _module(self, dotted: str) -> str:
        """Return the module that holds a dotted name, or an empty string for a name of another package."""
        while dotted and dotted not in self.modules:
            dotted = dotted.rpartition(".")[0]
        return dotted

    @property
    def landing(self) -> list[str]:
        """The files that lie beside the rooms."""
        return sorted(path.name for path in (ROOT / self.name).glob("*.py"))

    @cached_property
    def circles(self) -> list[list[str]]:
        """Every group of modules that import each other, directly or not. Source: Tarjan's algorithm."""
        found: list[list[str]] = []
        numbers: dict[str, int] = {}
        lowest: dict[str, int] = {}
        stack: list[str] = []

        def visit(name: str) -> None:
            numbers[name] = lowest[name] = len(numbers)
            stack.append(name)
            for other in sorted(self.imports[name]):
                if other not in numbers:
                    visit(other)
                    lowest[name] = min(lowest[name], lowest[other])
                elif other in stack:
                    lowest[name] = min(lowest[name], numbers[other])
            if lowest[name] == numbers[name]:
                group = stack[stack.index(name) :]
                del stack[stack.index(name) :]
                if len(group) > 1:
                    found.append(sorted(group))

        for name in self.modules:
            if name not in numbers:
                visit(name)
        return found

    @property
    def deepest_chain(self) -> list[str]:
        """The longest way from a module down its imports. Empty where there is a circle."""
        if self.circles:
            return []
        longest: dict[str, list[str]] = {}

        def chain(name: str) -> list[str]:
            if name not in longest:
                longest[name] = [name, *max(map(chain, sorted(self.imports[name])), key=len, default=[])]
            return longest[name]

        return max(map(chain, self.modules), key=len)

    @property
    def long_files(self) -> dict[str, int]:
        """The files above `LONGEST_FILE`, with their lines."""
        lines = {
            name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in self.modules.items()
        }
        return {name: count for name, count in lines.items() if count > LONGEST_FILE}

    @property
    def long_functions(self) -> dict[str, int]:
        """The functions above `LONGEST_FUNCTION`, with their lines."""
        return {
            f"{module}:{name}": length
            for module, tree in self.trees.items()
            for name, length in _functions(tree)
            if length > LONGEST_FUNCTION
        }


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Return the dotted names that a module imports. Relative imports do not occur: ruff bans them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
            yield from _functions(node, f"{prefix}{node.name}.")


def broken_limits(package: Package) -> Iterator[str]:
    """Return a line for each limit that a package breaks."""
    if len(package.landing) > MOST_ON_A_LANDING:
        yield f"{package.name} has {len(package.landing)} files on its landing, at most {MOST_ON_A_LANDING} are allowed"
    for circle in package.circles:
        yield f"these import each other: {', '.join(circle)}"
    for name, count in package.long_files.items():
        yield f"{name} has {count} lines, at most {LONGEST_FILE} are allowed"
    for name, count in package.long_functions.items():
        if name not in LONG_FOR_A_REASON:
            yield f"{name} has {count} lines: shorten it, or give the reason in LONG_FOR_A_REASON"
    for name in LONG_FOR_A_REASON:
        if name.startswith(f"{package.name}.") and name not in package.long_functions:
            yield f"{name} is short enough: remove it from LONG_FOR_A_REASON"


def main() -> int:
    """Print the figures of both packages, then the broken limits."""
    broken: list[str] = []
    for package in map(Package, PACKAGES):
        chain = package.deepest_chain
        print(f"{package.name}: {len(package.modules)} modules")
        print(f"  landing            {len(package.landing)}: {', '.join(package.landing)}")
        print(f"  circles            {len(package.circles)}")
        print(f"  deepest chain      {len(chain)}: {' > '.join(name.partition('.')[2] for name in chain)}")
        print(f"  files > {LONGEST_FILE}        {len(package.long_files)}")
        print(f"  functions > {LONGEST_FUNCTION}     {len(package.long_functions)}")
        for name in sorted(package.long_functions.keys() & LONG_FOR_A_REASON.keys()):
            print(f"    {name}: {LONG_FOR_A_REASON[name]}")
        broken += broken_limits(package)
    for line in broken:
        print(f"broken: {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
