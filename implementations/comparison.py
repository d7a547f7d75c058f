"""What a run found, beside the adjudication and the baseline of the implementation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.verdicts import Listing, Reason
from conformance.verdicts.baseline import EMPTY, Baseline, Known, known_baseline, updated, write_baseline
from implementations.adjudication import EmbargoedRow, Finding, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from conformance.report.check_result import CheckResult

BASELINE = "baseline.toml"
DEVIATING = ("failed", "warned", "noted")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The deviations of a run beside the adjudication."""

    new: tuple[str, ...] = ()
    """Deviations without a row."""
    changed: tuple[str, ...] = ()
    """Deviations with a row, whose signature the baseline does not have: another failure of the requirement."""
    gone: tuple[str, ...] = ()
    """Rows that were selected and did not deviate, although the file does not say that they do so sometimes."""
    wrong: tuple[str, ...] = ()
    findings: Mapping[Finding, int] = field(default_factory=dict)

    @property
    def as_adjudicated(self) -> bool:
        """Whether every deviation is adjudicated, none is missing, and no row is a bug of ours."""
        return not (self.new or self.changed or self.gone or self.wrong)


def compare(
    verdicts: Mapping[str, str],
    rows: Mapping[str, Row],
    *,
    signatures: Mapping[str, str],
    baseline: Baseline,
    today: date,
    choice: bool = False,
) -> Comparison:
    """Compare the verdicts and signatures of a run by id with the rows of its adjudication and its baseline.

    A run of a `choice` of requirements says nothing of the others.
    """
    absent = "not selected" if choice else "passed"
    deviating = {name for name, verdict in verdicts.items() if verdict in DEVIATING}
    found = [rows[name] for name in sorted(deviating & rows.keys())]
    return Comparison(
        new=tuple(sorted(deviating - rows.keys())),
        changed=tuple(
            row.id
            for row in found
            if not row.sometimes
            and baseline.listing(row.id, signatures.get(row.id, ""), today=today) is not Listing.SAME
        ),
        gone=tuple(
            name
            for name in sorted(rows.keys() - deviating)
            if verdicts.get(name, absent) in {"passed", "not applicable"} and not rows[name].sometimes
        ),
        wrong=tuple(row.id for row in found if row.finding is Finding.WRONG),
        findings=dict(Counter(row.finding for row in found)),
    )


def differences(first: Iterable[CheckResult], second: Iterable[CheckResult]) -> dict[str, str]:
    """Return what is not the same in two runs: verdicts, or for deviations the signature, by id in words."""
    before = {each.id: each for each in first}
    found: dict[str, str] = {}
    for each in second:
        earlier = before.get(each.id, each)
        if earlier.verdict != each.verdict:
            found[each.id] = f"{earlier.verdict}, then {each.verdict}"
        elif earlier.signature != each.signature:
            found[each.id] = f"{each.verdict} for another failure"
    return found


def held_to(folder: Path, rows: Mapping[str, Row]) -> Baseline:
    """Return the baseline in a folder, with the rows that are kept outside the repository."""
    path = folder / BASELINE
    listed = known_baseline(path) if path.exists() else EMPTY
    embargoed = {
        row.id: _known(row.id, row.signature) for row in rows.values() if isinstance(row, EmbargoedRow)
    }
    return replace(listed, rows={**listed.rows, **embargoed})


def update_baseline(folder: Path, results: Iterable[CheckResult], rows: Mapping[str, Row]) -> None:
    """Write the baseline in a folder to what a run found and a person has looked into.

    What deviates sometimes stays; embargoed rows are never written.
    """
    path = folder / BASELINE
    before = known_baseline(path) if path.exists() else EMPTY
    found = updated(before, results, new=_known("", "")).rows
    kept = {name: known for name, known in before.rows.items() if name in rows and rows[name].sometimes}
    after = {
        name: known
        for name, known in {**kept, **found}.items()
        if name in rows and not isinstance(rows[name], EmbargoedRow)
    }
    if after:
        write_baseline(path, Baseline(after, path))
    else:
        path.unlink(missing_ok=True)


def _known(name: str, signature: str) -> Known:
    return Known(id=name, reason=Reason.TARGET_BUG, signature=signature)
