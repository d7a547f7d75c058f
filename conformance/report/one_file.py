"""Several modules in one file: what they import, once, and the text of each."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Imports = Mapping[str, set[str]]
    """By module, the names that are imported from it; none where it is imported itself."""

FUTURE = "__future__"


@dataclass(frozen=True, kw_only=True)
class _Module:
    """A module of ours, taken apart: everything that it imports stands at its top."""

    docstring: str
    imports: Imports
    for_types: Imports
    first: str
    """Its first statement, with the docstring of that."""
    rest: str


def in_one_file(main: str, parts: Sequence[str], *, package: str) -> str:
    """Return a module with the text of its parts, which stand behind its first statement.

    Nothing in it imports the package any more.
    """
    module, others = _taken_apart(main), [_taken_apart(each) for each in parts]
    every = [module, *others]
    imports = _merged((each.imports for each in every), package)
    for_types = _merged((each.for_types for each in every), package)
    for name in for_types:
        for_types[name] -= imports.get(name, set())
    typed = "".join(
        f"    {line}\n" for line in _lines({name: each for name, each in for_types.items() if each})
    )
    return "".join(
        [
            module.docstring,
            f"\nfrom {FUTURE} import annotations\n\n",
            "".join(f"{line}\n" for line in _lines(imports)),
            f"\nif TYPE_CHECKING:\n{typed}\n" if typed else "\n",
            module.first,
            *(f"\n\n{(each.first + each.rest).strip()}\n" for each in others),
            f"\n\n{module.rest.strip()}\n",
        ]
    )


def _taken_apart(source: str) -> _Module:
    lines = source.splitlines(keepends=True)
    docstring, *body = ast.parse(source).body
    top = list(takewhile(lambda each: isinstance(each, (ast.Import, ast.ImportFrom, ast.If)), body))
    first, *others = body[len(top) :]
    is_documented = bool(others) and isinstance(others[0], ast.Expr)
    begin, end = top[-1].end_lineno, (others[0] if is_documented else first).end_lineno
    return _Module(
        docstring="".join(lines[: docstring.end_lineno]),
        imports=_imports(top),
        for_types=_imports(inner for each in top if isinstance(each, ast.If) for inner in each.body),
        first="".join(lines[begin:end]).lstrip("\n"),
        rest="".join(lines[end:]),
    )


def _imports(statements: Iterable[ast.stmt]) -> Imports:
    found: dict[str, set[str]] = defaultdict(set)
    for each in statements:
        if isinstance(each, ast.ImportFrom):
            found[each.module or ""] |= {name.name for name in each.names}
        elif isinstance(each, ast.Import):
            found |= {name.name: set() for name in each.names if name.name not in found}
    return found


def _merged(imports: Iterable[Imports], package: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in imports:
        for module, names in each.items():
            if module != FUTURE and not f"{module}.".startswith(f"{package}."):
                found[module] |= names
    return found


def _lines(imports: Imports) -> list[str]:
    whole = [f"import {module}" for module in sorted(imports) if not imports[module]]
    return whole + [
        f"from {module} import {', '.join(sorted(names))}"
        for module, names in sorted(imports.items())
        if names
    ]
