"""The failures that a target's owner knows of: a file of theirs, with a reason for each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import tomli_w

from conformance.errors import UserError
from conformance.verdicts import Listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path


class Judged(Protocol):
    """How one requirement fared, as far as a baseline has to know."""

    @property
    def id(self) -> str:
        """The requirement."""

    @property
    def signature(self) -> str:
        """What tells the deviation from others; empty where there was none."""

    @property
    def passed(self) -> bool:
        """Whether the target did as required."""


TABLE = "known"
"""The name of the table of each row."""


class Reason(StrEnum):
    """Why a failure is put up with."""

    SPEC_GAP = "spec-gap"
    """The specification leaves it open, or contradicts itself."""
    TARGET_BUG = "target-bug"
    REFERENCE_DIVERGENCE = "reference-divergence"
    """The target does what the software that it imitates does."""
    ENVIRONMENT = "environment"
    """A proxy, a limit or a setting of this installation."""


class BadBaseline(UserError):
    """A baseline cannot be used. The message names the file, the row and what to change, in one line."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A row of a baseline. It holds through the day `expires`; `signature` tells how the check fails."""

    id: str
    reason: Reason
    signature: str
    issue: str = ""
    owner: str = ""
    expires: date | None = None

    def expired(self, today: date) -> bool:
        """Tell whether its day is over."""
        return self.expires is not None and today > self.expires

    def __str__(self) -> str:
        """Say in one line why it is listed, and whom to ask."""
        about = [str(self.reason)]
        about += [f"owner {self.owner}"] if self.owner else []
        about += [f"until {self.expires}"] if self.expires else []
        return ", ".join(about + ([self.issue] if self.issue else []))

    def as_table(self) -> dict[str, Any]:
        """Return the row as the file holds it: what is empty is left out."""
        table = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: str(value) if key == "reason" else value for key, value in table.items() if value}


_KEYS = {field.name for field in fields(Known)}
_NEEDED = {"id", "reason", "signature"}


@dataclass(frozen=True)
class Baseline:
    """Rows by the id of their requirement, and the file that they are from."""

    rows: Mapping[str, Known]
    path: Path | None = None

    def listing(self, requirement_id: str, signature: str, *, today: date) -> Listing:
        """Tell how a deviation with this signature stands to the baseline; no signature is no deviation."""
        row = self.rows.get(requirement_id)
        if row is None:
            return Listing.NONE
        if row.expired(today):
            return Listing.EXPIRED
        return Listing.SAME if row.signature == signature else Listing.DIFFERS

    def explain(self, requirement_id: str, listing: Listing, *, deviated: bool) -> str:
        """Return one line that says what the baseline has to do with a verdict; empty where it has nothing."""
        if listing is Listing.NONE:
            return ""
        row = self.rows[requirement_id]
        if listing is Listing.EXPIRED:
            return f"The baseline lists it ({row}), and that day is over: give it a new one, or fix it."
        if not deviated:
            return f"The baseline lists it ({row}), and it passes: `baseline prune` removes the row."
        if listing is Listing.DIFFERS:
            return (
                f"The baseline lists another failure ({row}): look at this one; `baseline write` takes it in."
            )
        return f"Listed in the baseline: {row}"


EMPTY = Baseline({})


def read_baseline(
    path: Path, *, known: Collection[str], retired: Mapping[str, str] | None = None
) -> Baseline:
    """Read a baseline. `known` are the ids of the catalogue, `retired` those it once had, each with the reason.

    Errors: BadBaseline for a file that cannot be read, and for rows with unknown ids, unknown or missing keys,
    bad dates, and ids that come twice.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadBaseline(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadBaseline(f"{path} is not TOML: {error}") from error
    rows = table.pop(TABLE, [])
    if table or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        wrong = sorted(table) or TABLE
        raise BadBaseline(f"{path}: a baseline holds tables [[{TABLE}]] and nothing else, not {wrong}")
    found: dict[str, Known] = {}
    for number, row in enumerate(rows, start=1):
        read = _row(row, where=f"{path}, row {number}")
        if read.id in found:
            raise BadBaseline(f"{path}: {read.id} is listed twice")
        if retired and read.id in retired:
            raise BadBaseline(f"{path}: {read.id} was retired: {retired[read.id]}; remove its row")
        if read.id not in known:
            raise BadBaseline(
                f"{path}: there is no requirement {read.id!r}; `registry-conformance list` has all"
            )
        found[read.id] = read
    return Baseline(found, path)


def _row(row: dict[str, Any], *, where: str) -> Known:
    where = f"{where} ({row['id']})" if isinstance(row.get("id"), str) else where
    if unknown := sorted(row.keys() - _KEYS):
        raise BadBaseline(f"{where}: unknown keys {unknown}; known are {sorted(_KEYS)}")
    if missing := sorted(_NEEDED - row.keys()):
        raise BadBaseline(f"{where}: missing keys {missing}")
    expires = row.get("expires")
    if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
        raise BadBaseline(f"{where}: `expires` is a date such as 2027-01-31, without quotes")
    if wrong := sorted(key for key, value in row.items() if key != "expires" and not isinstance(value, str)):
        raise BadBaseline(f"{where}: {wrong} have to be text in quotes")
    if row["reason"] not in set(Reason):
        raise BadBaseline(f"{where}: `reason` is one of {', '.join(Reason)}, not {row['reason']!r}")
    return Known(**{**row, "reason": Reason(row["reason"])})


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, its rows in the order of their ids. Comments that were in the file are lost."""
    rows = (tomli_w.dumps(row.as_table()) for _, row in sorted(baseline.rows.items()))
    path.write_text("\n".join(f"[[{TABLE}]]\n{row}" for row in rows), encoding="utf-8")


def updated(baseline: Baseline, findings: Iterable[Judged], *, new: Known) -> Baseline:
    """Return the baseline with which the same result is green.

    Rows keep their reason, owner, issue and date; what failed and is not listed becomes a row like `new`, what
    passed is dropped, and what was not judged stays.
    """
    rows = dict(baseline.rows)
    for each in findings:
        if each.signature:
            rows[each.id] = replace(rows.get(each.id, replace(new, id=each.id)), signature=each.signature)
        elif each.passed:
            rows.pop(each.id, None)
    return replace(baseline, rows=rows)


def pruned(baseline: Baseline, findings: Iterable[Judged]) -> Baseline:
    """Return the baseline without the rows of what passed."""
    passed = {each.id for each in findings if each.passed}
    return replace(baseline, rows={key: row for key, row in baseline.rows.items() if key not in passed})
