"""Registries against requirements: several results in one table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.report.markdown import code, table
from conformance.report.result_file import BadResult, read_result
from conformance.report.templates import render
from conformance.verdicts import Tally, Verdict
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.report.result import RunResult

ABSENT = "–"  # noqa: RUF001

SIGNS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.WARNED: "!",
    Verdict.NOTED: "i",
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.UNTESTABLE: "?",
}
"""Short forms for a wide table; other verdicts are written in full."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One registry: the name of its file, its result, and its verdicts by requirement."""

    name: str
    result: RunResult
    verdicts: dict[str, Verdict]

    def sign(self, requirement: str) -> str:
        """Return the verdict on a requirement, in short."""
        verdict = self.verdicts.get(requirement)
        return ABSENT if verdict is None else SIGNS.get(verdict, str(verdict))

    def count(self, verdict: Verdict) -> int:
        """Return how many requirements have a verdict."""
        return Tally.of(self.verdicts.values()).counts[verdict]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Columns, and below them the requirements that any of them has, by area, with their statements."""

    columns: tuple[Column, ...]
    areas: dict[str, dict[str, str]]

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur."""
        return [verdict for verdict in Verdict if any(each.count(verdict) for each in self.columns)]

    @property
    def requirements(self) -> list[str]:
        """The ids of all rows."""
        return [name for rows in self.areas.values() for name in rows]


def read_matrix(paths: Iterable[Path]) -> tuple[Matrix, list[BadResult]]:
    """Read results into columns, and return the errors of files that are no results."""
    paths = list(paths)
    stems = Counter(path.stem for path in paths)
    columns, bad = [], []
    for path in paths:
        try:
            result = read_result(path)
        except BadResult as error:
            bad.append(error)
            continue
        name = path.stem if stems[path.stem] == 1 else str(path)
        columns.append(Column(name=name, result=result, verdicts=result.verdict_by_id))
    statements = {each.id: each.statement for column in columns for each in column.result.results}
    areas: dict[str, dict[str, str]] = {}
    for name in sorted(statements):
        areas.setdefault(name.partition(".")[0], {})[name] = statements[name]
    return Matrix(columns=tuple(columns), areas=areas), bad


def as_markdown(matrix: Matrix) -> str:
    """Return a table of counts and a table of verdicts."""
    names = [code(column.name) for column in matrix.columns]
    counts = (
        [str(verdict), *(str(each.count(verdict)) for each in matrix.columns)] for verdict in matrix.verdicts
    )
    rows = ([f"`{name}`", *(each.sign(name) for each in matrix.columns)] for name in matrix.requirements)
    registries = "\n".join(
        f"- {name}: {code(each.result.target.url)} {each.result.ending}"
        for name, each in zip(names, matrix.columns, strict=True)
    )
    legend = ", ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items() if verdict in matrix.verdicts)
    parts = [
        registries,
        table(["verdict", *names], counts),
        table(["requirement", *names], rows),
        f"{legend}, {ABSENT} not in the result",
    ]
    return "\n\n".join(parts) + "\n"


def as_html(matrix: Matrix) -> str:
    """Return a page with the same tables."""
    registries = "1 registry" if len(matrix.columns) == 1 else f"{len(matrix.columns)} registries"
    title = f"{registries}, {counted(len(matrix.requirements), 'requirement')}"
    return render("matrix.html", matrix=matrix, signs=SIGNS, absent=ABSENT, title=title)
