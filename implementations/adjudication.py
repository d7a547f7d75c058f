"""The form of `adjudication.toml`: what a person found out about each deviation."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from conformance.catalogue import catalogue
from conformance.verdicts.validation import Invalid, toml_table, validated
from implementations.recipe import BadRecipe

if TYPE_CHECKING:
    from pathlib import Path

FILE = "adjudication.toml"


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
        str,
        Meta(
            description="Why the deviation, or what is found, is not the same in every run; empty if it is. "
            "Its signature is not compared."
        ),
    ] = ""


class AdjudicationFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The adjudication of an implementation."""

    row: tuple[Row, ...] = ()


class EmbargoedRow(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row that is not published until the maker of the implementation has had time."""

    implementation: str
    signature: Annotated[str, Meta(description="Tells the failure from others; that of its result.")] = ""


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
