"""Registries against requirements: several results in one table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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
class Part:
    """A part of a bar: where it begins and how long it is, in percent of the bar."""

    verdict: Verdict
    count: int
    start: float
    length: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The verdicts on an area as a picture, with the numbers of requirements that were kept and judged."""

    parts: tuple[Part, ...]
    kept: int
    judged: int

    def __str__(self) -> str:
        """Return the verdicts in words."""
        return ", ".join(f"{part.count} {part.verdict}" for part in self.parts) or "none in the result"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One registry: its name, or that of its file, its result, its verdicts by requirement, and its page if any."""

    name: str
    result: RunResult
    verdicts: dict[str, Verdict]
    page: str = ""
    version: str = ""

    def bar(self, requirements: Iterable[str]) -> Bar:
        """Return the verdicts on these requirements as a picture."""
        counts = Tally.of(self.verdicts[name] for name in requirements if name in self.verdicts).counts
        parts: list[Part] = []
        start = 0.0
        for verdict in Verdict:
            if count := counts[verdict]:
                length = 100 * count / counts.total()
                parts.append(
                    Part(verdict=verdict, count=count, start=round(start, 2), length=round(length, 2))
                )
                start += length
        judged = sum(count for verdict, count in counts.items() if verdict.judged)
        return Bar(parts=tuple(parts), kept=counts[Verdict.PASSED], judged=judged)

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

    def differing(self) -> Matrix:
        """Return the rows on which two columns differ; a row that a column lacks differs."""
        areas = {
            area: {
                name: text
                for name, text in rows.items()
                if len({each.sign(name) for each in self.columns}) > 1
            }
            for area, rows in self.areas.items()
        }
        return replace(self, areas={area: rows for area, rows in areas.items() if rows})

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur."""
        return [verdict for verdict in Verdict if any(each.count(verdict) for each in self.columns)]

    @property
    def requirements(self) -> list[str]:
        """The ids of all rows."""
        return [name for rows in self.areas.values() for name in rows]

    @property
    def title(self) -> str:
        """The numbers of registries and requirements, in words."""
        registries = "1 registry" if len(self.columns) == 1 else f"{len(self.columns)} registries"
        return f"{registries}, {counted(len(self.requirements), 'requirement')}"


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
    return matrix_of(columns), bad


def matrix_of(columns: Iterable[Column]) -> Matrix:
    """Return columns with their rows."""
    columns = tuple(columns)
    statements = {each.id: each.statement for column in columns for each in column.result.results}
    areas: dict[str, dict[str, str]] = {}
    for name in sorted(statements):
        areas.setdefault(name.partition(".")[0], {})[name] = statements[name]
    return Matrix(columns=columns, areas=areas)


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
    """Return a page with the same tables, and a picture of them by area."""
    return render("matrix.html", **page_context(matrix))


def page_context(matrix: Matrix) -> dict[str, Any]:
    """Return what the template `matrix.html`, and those that extend it, are filled in with."""
    return {"matrix": matrix, "signs": SIGNS, "absent": ABSENT, "title": matrix.title}
