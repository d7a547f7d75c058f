"""The baseline: the file of known failures that the owner of a target keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import msgspec
import tomli_w
from msgspec import Meta, Struct

from conformance.catalogue import catalogue
from conformance.errors import UserError
from conformance.verdicts import Listing, Reason
from conformance.verdicts.sets import retired
from conformance.verdicts.validation import Invalid, toml_table, validated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


class Result(Protocol):
    """The result of one requirement, as far as a baseline needs it."""

    @property
    def id(self) -> str:
        """The requirement."""

    @property
    def signature(self) -> str:
        """Tells the deviation from others; empty without one."""

    @property
    def passed(self) -> bool:
        """Whether the target did as required."""


class BadBaseline(UserError):
    """A baseline cannot be used. The message names the file, the row and what to change, in one line."""


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A known failure of one requirement."""

    id: Annotated[str, Meta(description="The id of the requirement, such as `simple.html.doctype`.")]
    reason: Annotated[Reason, Meta(description="Why it is accepted for now.")]
    signature: Annotated[
        str, Meta(description="Tells this failure from others of the requirement; `baseline write` knows it.")
    ]
    issue: Annotated[str, Meta(description="Where its repair is tracked.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    expires: Annotated[date | None, Meta(description="The last day on which it is accepted.")] = None

    def expired(self, today: date) -> bool:
        """Tell whether the last day is over."""
        return self.expires is not None and today > self.expires

    def __str__(self) -> str:
        """Return the reason, the owner, the last day and the issue in one line."""
        about = [str(self.reason)]
        about += [f"owner {self.owner}"] if self.owner else []
        about += [f"until {self.expires}"] if self.expires else []
        return ", ".join(about + ([self.issue] if self.issue else []))


class BaselineFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The failures of a registry that its owner knows of, for `registry-conformance run --baseline FILE`."""

    known: Annotated[tuple[Known, ...], Meta(description="One table [[known]] per failure.")] = ()


@dataclass(frozen=True)
class Baseline:
    """Rows by the id of their requirement, and the file that they are from."""

    rows: Mapping[str, Known]
    path: Path | None = None

    def listing(self, requirement_id: str, signature: str, *, today: date) -> Listing:
        """Return what the baseline says of a deviation with this signature; an empty one is no deviation."""
        row = self.rows.get(requirement_id)
        if row is None:
            return Listing.NONE
        if row.expired(today):
            return Listing.EXPIRED
        return Listing.SAME if row.signature == signature else Listing.DIFFERS

    def explain(self, requirement_id: str, listing: Listing, *, deviated: bool) -> str:
        """Explain in one line what the baseline has to do with a verdict; empty where it has nothing."""
        if listing is Listing.NONE:
            return ""
        row = self.rows[requirement_id]
        if listing is Listing.EXPIRED:
            return (
                f"The entry of the baseline ({row}) expired on {row.expires}: extend it or fix the registry."
            )
        if not deviated:
            return f"The baseline lists it ({row}), but it passes: remove the row with `baseline prune`."
        if listing is Listing.DIFFERS:
            return (
                f"The baseline lists another failure ({row}): look into this one, "
                "then update the row with `baseline write`."
            )
        return f"Listed in the baseline: {row}"


EMPTY = Baseline({})


def known_baseline(path: str | Path | None) -> Baseline:
    """Read a baseline of requirements that the catalogue has; an empty one without a path. Raises BadBaseline."""
    if path is None:
        return EMPTY
    return read_baseline(Path(path), known=catalogue().requirements.keys(), retired=retired())


def read_baseline(
    path: Path, *, known: Collection[str], retired: Mapping[str, str] | None = None
) -> Baseline:
    """Read a baseline. `known` are the ids of the catalogue, `retired` those it once had, each with the reason.

    Errors: BadBaseline for a file that cannot be read or has not the form of BaselineFile, and for rows with
    unknown ids, and ids that come twice.
    """
    try:
        table = toml_table(path)
    except Invalid as error:
        absent = "An empty file is a baseline without rows; `registry-conformance baseline write` fills it."
        raise BadBaseline(str(error), "" if path.exists() else absent) from error
    try:
        rows = validated(table, BaselineFile, toml=True).known
    except Invalid as error:
        raise BadBaseline(
            f"{path}: {error}; `registry-conformance schema baseline` prints the form"
        ) from error
    found: dict[str, Known] = {}
    for row in rows:
        if row.id in found:
            raise BadBaseline(f"{path}: {row.id} is listed twice; remove one of its rows")
        if retired and row.id in retired:
            raise BadBaseline(f"{path}: {row.id} was retired: {retired[row.id]}; remove its row")
        if row.id not in known:
            raise BadBaseline(
                f"{path}: there is no requirement {row.id!r}; `registry-conformance list` prints all of them"
            )
        found[row.id] = row
    return Baseline(found, path)


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, its rows in the order of their ids. Comments that were in the file are lost."""
    tables = (msgspec.to_builtins(row, builtin_types=(date,)) for _, row in sorted(baseline.rows.items()))
    path.write_text("\n".join(f"[[known]]\n{tomli_w.dumps(table)}" for table in tables), encoding="utf-8")


def updated(baseline: Baseline, results: Iterable[Result], *, new: Known) -> Baseline:
    """Return the baseline with which the same result is green.

    Rows keep their reason, owner, issue and date; what failed and is not listed becomes a row like `new`, what
    passed is dropped, and what was not judged stays.
    """
    rows = dict(baseline.rows)
    for each in results:
        if each.signature:
            row = rows.get(each.id, new)
            rows[each.id] = msgspec.structs.replace(row, id=each.id, signature=each.signature)
        elif each.passed:
            rows.pop(each.id, None)
    return replace(baseline, rows=rows)


def pruned(baseline: Baseline, results: Iterable[Result], *, gone: Collection[str] = ()) -> Baseline:
    """Return the baseline without the rows of what passed, and of ids that are `gone`."""
    passed = {each.id for each in results if each.passed}
    kept = {key: row for key, row in baseline.rows.items() if key not in passed and key not in gone}
    return replace(baseline, rows=kept)
