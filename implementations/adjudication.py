"""The form of `adjudication.toml`: what a person found out about each deviation, and what a run says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from conformance.catalogue import catalogue
from conformance.verdicts.validation import Invalid, toml_table, validated
from implementations.recipe import BadRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "adjudication.toml"
DEVIATING = ("failed", "warned", "noted")


class Finding(StrEnum):
    """What a deviation turned out to be."""

    RIGHT = "right"
    """The registry does what the suite says."""
    REPEAT = "right-by-another-cause"
    """The registry does it, and the cause is that of another row."""
    WRONG = "wrong"
    """The suite is mistaken: a bug of ours."""


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deviation that was looked into."""

    id: Annotated[str, Meta(description="The id of the requirement.")]
    finding: Finding
    evidence: Annotated[
        str, Meta(min_length=20, description="The command or the line of the source that shows it.")
    ]
    cause: Annotated[str, Meta(description="The row that has the cause, for `right-by-another-cause`.")] = ""
    sometimes: Annotated[
        str, Meta(description="Why the deviation does not occur in every run; empty if it does.")
    ] = ""


class AdjudicationFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The adjudication of an implementation."""

    row: tuple[Row, ...] = ()


class EmbargoedRow(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row that is not published until the maker of the implementation has had time."""

    implementation: str


class EmbargoFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that are kept outside the repository."""

    row: tuple[EmbargoedRow, ...] = ()


def read_adjudication(path: Path) -> dict[str, Row]:
    """Return the rows of a file by id; none without the file. Raises BadRecipe."""
    if not path.exists():
        return {}
    try:
        rows = validated(toml_table(path), AdjudicationFile, toml=True).row
    except Invalid as error:
        raise BadRecipe(f"{path}: {error}") from error
    found: dict[str, Row] = {}
    for row in rows:
        if row.id in found:
            raise BadRecipe(f"{path}: {row.id} is listed twice")
        if row.id not in catalogue().requirements:
            raise BadRecipe(f"{path}: there is no requirement {row.id!r}")
        found[row.id] = row
    for row in rows:
        if bool(row.cause) != (row.finding is Finding.REPEAT) or (row.cause and row.cause not in found):
            raise BadRecipe(
                f"{path}: {row.id}: expected `cause` to be another row of the file, with {Finding.REPEAT}"
            )
    return found


def read_embargo(path: Path | None, name: str) -> dict[str, Row]:
    """Return the rows of an implementation in a file outside the repository, by id. Raises BadRecipe."""
    if path is None:
        return {}
    try:
        rows = validated(toml_table(path), EmbargoFile, toml=True).row
    except Invalid as error:
        raise BadRecipe(f"{path}: {error}") from error
    return {row.id: row for row in rows if row.implementation == name}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The deviations of a run beside the adjudication."""

    new: tuple[str, ...] = ()
    """Deviations without a row."""
    gone: tuple[str, ...] = ()
    """Rows that were judged and did not deviate, although the file does not say that they do so sometimes."""
    wrong: tuple[str, ...] = ()
    findings: Mapping[Finding, int] = field(default_factory=dict)

    @property
    def as_adjudicated(self) -> bool:
        """Whether every deviation is adjudicated, none is missing, and no row is a bug of ours."""
        return not (self.new or self.gone or self.wrong)


def compare(verdicts: Mapping[str, str], rows: Mapping[str, Row]) -> Comparison:
    """Compare the verdicts of a run by id with the rows of its adjudication."""
    deviating = {name for name, verdict in verdicts.items() if verdict in DEVIATING}
    found = [rows[name] for name in sorted(deviating & rows.keys())]
    return Comparison(
        new=tuple(sorted(deviating - rows.keys())),
        gone=tuple(
            name
            for name in sorted(rows.keys() - deviating)
            if verdicts.get(name, "passed") in {"passed", "not applicable"} and not rows[name].sometimes
        ),
        wrong=tuple(row.id for row in found if row.finding is Finding.WRONG),
        findings=dict(Counter(row.finding for row in found)),
    )
