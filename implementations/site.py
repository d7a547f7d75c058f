"""The published matrix: static pages of the results of `judge`, with a page per registry and per area."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from msgspec import structs

from conformance.report import html
from conformance.report.badge import as_badge
from conformance.report.check_result import HARMS
from conformance.report.matrix import Bar, Column, Matrix, matrix_of, page_context
from conformance.report.result import tally_of
from conformance.report.result_file import BadResult, read_result, write_result
from conformance.report.templates import render
from conformance.verdicts import Verdict
from implementations.adjudication import FILE, Finding, Row, read_adjudication, read_embargo
from implementations.comparison import DEVIATING, differences
from implementations.judging import RESULT, VERSIONS
from implementations.load_site import as_json, load_context, load_of
from implementations.recipe import Implementation, implementations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.report.check_result import CheckResult
    from conformance.report.result import RunResult

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A deviation of a registry, what a person found out about it, and the deviations that it causes."""

    registry: Registry
    finding: CheckResult
    evidence: str
    repeats: tuple[Deviation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Registry:
    """An implementation, its result, its adjudication, and the versions of everything in its environment."""

    implementation: Implementation
    result: RunResult
    rows: Mapping[str, Row]
    versions: Mapping[str, str]
    load: RunResult | None = None
    """What was found under load, if it was put under load."""
    earlier: tuple[Registry, ...] = ()
    """What was kept of earlier judgements, the oldest first."""

    @property
    def trend(self) -> tuple[Step, ...]:
        """Its judgements over time, the newest first; empty where there is but one."""
        results = (*self.earlier, self)
        steps = (
            Step(registry=each, before=results[number - 1] if number else None)
            for number, each in enumerate(results)
        )
        return tuple(reversed(tuple(steps))) if self.earlier else ()

    @property
    def name(self) -> str:
        """The name of the implementation."""
        return self.implementation.name

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.implementation.declared.title

    @property
    def version(self) -> str:
        """Its version; empty where the suite or Debian has it."""
        return self.versions.get(self.implementation.declared.version, self.implementation.version)

    @property
    def about(self) -> str:
        """What it is, in one sentence."""
        return self.implementation.declared.about

    @property
    def licence(self) -> str:
        """Its licence."""
        return self.implementation.declared.licence

    @property
    def project(self) -> str:
        """The page of the project, or empty."""
        return self.implementation.declared.project

    @property
    def page(self) -> str:
        """The file of its page."""
        return f"{self.name}.html"

    @property
    def date(self) -> str:
        """When it was judged."""
        return self.result.started.isoformat(timespec="seconds")

    @property
    def column(self) -> Column:
        """Its column of the matrix."""
        return Column(
            name=self.name,
            result=self.result,
            verdicts=self.result.verdict_by_id,
            page=self.page,
            version=self.version,
        )

    def count(self, verdict: str) -> int:
        """Return how many requirements have a verdict."""
        return sum(each.verdict == verdict for each in self.result.results)

    @cached_property
    def findings(self) -> dict[str, CheckResult]:
        """Its results by the id of their requirement."""
        return {each.id: each for each in self.result.results}

    @cached_property
    def deviations(self) -> dict[str, Deviation]:
        """Its deviations by the id of their requirement, without their repeats."""
        return {
            each.id: Deviation(
                registry=self,
                finding=each,
                evidence=self.rows[each.id].evidence if each.id in self.rows else "",
            )
            for each in self.result.results
            if each.verdict in DEVIATING
        }

    @cached_property
    def causes(self) -> tuple[Deviation, ...]:
        """The deviations that are no repeats, the worst first, each with its repeats."""
        repeats: dict[str, list[Deviation]] = {name: [] for name in self.deviations}
        for name, deviation in self.deviations.items():
            row = self.rows.get(name)
            if row and row.finding is Finding.REPEAT and row.cause in repeats:
                repeats[row.cause].append(deviation)
        below = {each.finding.id for found in repeats.values() for each in found}
        causes = (
            Deviation(
                registry=self,
                finding=each.finding,
                evidence=each.evidence,
                repeats=tuple(repeats[name]),
            )
            for name, each in self.deviations.items()
            if name not in below
        )
        return tuple(sorted(causes, key=_rank))


def _rank(cause: Deviation) -> tuple[int, int, int, str]:
    finding = cause.finding
    weight = DEVIATING.index(finding.verdict), HARMS.index(finding.harm)
    return *weight, -len(cause.repeats), finding.id


@dataclass(frozen=True, kw_only=True)
class Step:
    """A judgement of a registry, and the one before it."""

    registry: Registry
    before: Registry | None

    @property
    def bar(self) -> Bar:
        """The shares of its verdicts."""
        column = self.registry.column
        return column.bar(column.verdicts)

    @property
    def changes(self) -> Mapping[str, str]:
        """What is another verdict, or another failure, than before, by id in words."""
        return differences(self.before.result.results, self.registry.result.results) if self.before else {}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A requirement with what each registry does: deviations one by one, other verdicts with their registries."""

    id: str
    statement: str
    level: str
    source: str
    affects: str
    deviations: tuple[Deviation, ...]
    others: Mapping[str, Sequence[Registry]]


def read_registries(
    folder: Path, *, earlier: Sequence[Path] = (), embargo: Path | None = None
) -> list[Registry]:
    """Return the registries with a result in the folder of `judge -o`, without the rows under embargo.

    `earlier` are folders with results of earlier judgements. Raises BadResult if there is no result.
    """
    found = []
    for name, each in implementations().items():
        if (folder / name / RESULT).exists():
            kept = [
                _read(each, place / name, embargo) for place in earlier if (place / name / RESULT).exists()
            ]
            oldest_first = sorted(kept, key=lambda registry: registry.result.started)
            found.append(replace(_read(each, folder / name, embargo), earlier=tuple(oldest_first)))
    if not found:
        raise BadResult(f"{folder} has no results", "`judge -o FOLDER` writes them.")
    return found


def _read(implementation: Implementation, folder: Path, embargo: Path | None) -> Registry:
    result = read_result(folder / RESULT)
    hidden = read_embargo(embargo, implementation.name)
    results = tuple(
        structs.replace(each, cause="" if each.cause in hidden else each.cause)
        for each in result.results
        if each.id not in hidden
    )
    files = {name for each in results for name in each.published}
    published = {name: each for name, each in result.published.items() if name in files}
    tally = tally_of(results)
    summary = structs.replace(
        result.summary,
        verdicts={verdict: tally.counts[verdict] for verdict in Verdict},
        judged=tally.judged,
        notes=(),  # they are for the one who ran it, with paths of the machine
    )
    rows = read_adjudication(implementation.folder / FILE)
    versions = folder / VERSIONS
    return Registry(
        implementation=implementation,
        result=structs.replace(result, results=results, published=published, summary=summary),
        rows={name: row for name, row in rows.items() if name not in hidden},
        versions=json.loads(versions.read_text(encoding="utf-8")) if versions.exists() else {},
        load=load_of(folder, hidden),
    )


def write_site(registries: Sequence[Registry], folder: Path) -> list[Path]:
    """Write the pages of registries to a folder, and return their paths, that of the overview first."""
    folder.mkdir(parents=True, exist_ok=True)
    matrix = matrix_of(each.column for each in registries)
    files = {
        "index.html": _overview(registries, matrix),
        "matrix.json": json.dumps(_as_json(registries, matrix), indent=1) + "\n",
    }
    files |= {f"area-{area}.html": _area(area, registries, matrix) for area in matrix.areas}
    for each in registries:
        files |= {each.page: _registry(each), f"{each.name}.svg": as_badge(each.result)}
        write_result(folder / f"{each.name}.json", each.result)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _overview(registries: Sequence[Registry], matrix: Matrix) -> str:
    return render(
        "overview.html",
        beside=TEMPLATES,
        **page_context(matrix),
        **load_context(registries),
        registries=registries,
        suite=registries[0].result.suite,
    )


def _registry(registry: Registry) -> str:
    notes = {name: _in_words(row) for name, row in registry.rows.items() if name in registry.deviations}
    context = html.page_context(registry.result)
    badge = Markup(as_badge(registry.result))  # noqa: S704 - a template of ours, with every value escaped
    return render("registry.html", beside=TEMPLATES, **context, registry=registry, notes=notes, badge=badge)


def _area(area: str, registries: Sequence[Registry], matrix: Matrix) -> str:
    rules = [_rule(name, registries) for name in matrix.areas[area]]
    return render("area.html", beside=TEMPLATES, area=area, areas=matrix.areas, rules=rules)


def _rule(name: str, registries: Sequence[Registry]) -> Rule:
    others: dict[str, list[Registry]] = {}
    deviations = []
    judged = [registry for registry in registries if name in registry.findings]
    for registry in judged:
        if name in registry.deviations:
            deviations.append(registry.deviations[name])
        else:
            others.setdefault(str(registry.findings[name].verdict), []).append(registry)
    any_finding = judged[0].findings[name]
    return Rule(
        id=name,
        statement=any_finding.statement,
        level=any_finding.level,
        source=any_finding.source,
        affects=any_finding.affects.rstrip("."),
        deviations=tuple(deviations),
        others=others,
    )


def _in_words(row: Row) -> str:
    about = f"{row.finding}, {row.cause}" if row.cause else str(row.finding)
    sometimes = f" Sometimes: {row.sometimes}" if row.sometimes else ""
    return f"{about}. {row.evidence}{sometimes}"


def _as_json(registries: Sequence[Registry], matrix: Matrix) -> dict[str, Any]:
    return {
        "suite": {"name": registries[0].result.suite.name, "version": registries[0].result.suite.version},
        "registries": [_registry_as_json(each, matrix) for each in registries],
        "requirements": [
            {"id": name, "statement": statement}
            for rows in matrix.areas.values()
            for name, statement in rows.items()
        ],
    }


def _registry_as_json(registry: Registry, matrix: Matrix) -> dict[str, Any]:
    bars = {area: registry.column.bar(names) for area, names in matrix.areas.items()}
    return {
        "name": registry.name,
        "title": registry.title,
        "version": registry.version,
        "versions": registry.versions,
        "licence": registry.licence,
        "project": registry.project,
        "judged": registry.date,
        "earlier": [
            {
                "judged": each.date,
                "version": each.version,
                "verdicts": {verdict: count for verdict in Verdict if (count := each.count(verdict))},
            }
            for each in registry.earlier
        ],
        "profile": registry.result.target.profile,
        "read_only": registry.result.summary.read_only,
        "result": f"{registry.name}.json",
        "areas": {area: {part.verdict: part.count for part in bar.parts} for area, bar in bars.items()},
        "verdicts": registry.result.verdict_by_id,
        "load": as_json(registry.load),
        "adjudicated": {
            name: {"finding": row.finding, "cause": row.cause, "evidence": row.evidence}
            for name, row in registry.rows.items()
            if name in registry.deviations
        },
    }
