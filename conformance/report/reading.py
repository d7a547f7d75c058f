"""A result that was written earlier, joined with the catalogue: what every report is made from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.catalogue import Level, Requirement, Standing, catalogue
from conformance.profiles import UnknownProfile, profile
from conformance.report.terminal import ENDINGS
from conformance.verdicts import ExitCode, Summary, Verdict
from conformance.wire.credential_patterns import hide_credentials, hide_credentials_in_headers
from conformance.wire.exchange import Exchange
from conformance.wire.publication import Publication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NEEDING_WORDS = (
    Verdict.FAILED,
    Verdict.ERROR,
    Verdict.STALE,
    Verdict.WARNED,
    Verdict.NOTED,
    Verdict.KNOWN,
)
"""Verdicts that have more to say than their name, the worst first."""

_DEVIATED = frozenset({Verdict.FAILED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN})
_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")
_EXCHANGE = {each.name for each in fields(Exchange)}
_PUBLICATION = {each.name for each in fields(Publication)}


class BadResult(ValueError):
    """A file is not a result of this suite, or not one that will do. The message names it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How one requirement fared. What is not `scored` does not count for the exit code.

    `signature`, `expected`, `found` and `where` are empty where the target did not deviate; the last three
    are too in results of before, which have them in the message only.
    `requirement` is None where the catalogue, being of another version, lacks it.
    """

    id: str
    level: Level
    standing: Standing
    verdict: Verdict
    message: str
    expected: str
    found: str
    where: str
    signature: str
    duration: float
    scored: bool
    exchanges: tuple[Exchange, ...] = field(repr=False)
    published: tuple[str, ...] = field(repr=False)
    """The file names of the uploads behind what was looked at."""
    requirement: Requirement | None

    @property
    def area(self) -> str:
        """The first segment of the id."""
        return self.id.partition(".")[0]

    @property
    def statement(self) -> str:
        """What the requirement says."""
        return self.requirement.statement if self.requirement else "This catalogue has no such requirement."

    @property
    def affects(self) -> str:
        """Who suffers from a deviation."""
        return self.requirement.affects if self.requirement else ""

    @property
    def source(self) -> str:
        """The source of the rule, by title and anchor."""
        return catalogue().cite(self.requirement) if self.requirement else ""

    @property
    def about(self) -> str:
        """What the baseline says about it, where it has a say."""
        return self.message.partition("\n")[0] if self.verdict in {Verdict.KNOWN, Verdict.STALE} else ""

    @property
    def passed(self) -> bool:
        """Whether the target did as required, even where a baseline says otherwise."""
        return self.verdict in {Verdict.PASSED, Verdict.STALE} and not self.signature


@dataclass(frozen=True, kw_only=True)
class StoredResult:
    """A result as it stands in its file. Times are aware; findings are in the order of their ids.

    A run that is not `finished` has died. `examples` and `rounds` are None where a result of before does
    not say. `projects` are those that a `read_only` run has looked at, by normalized name.
    """

    suite: str
    version: str
    url: str
    profile: str
    embedded: bool
    run: str
    started: datetime
    finished: datetime | None
    requests: int
    seed: int
    examples: int | None
    rounds: int | None
    read_only: bool
    projects: tuple[str, ...]
    requirement_set: str | None
    exit_code: ExitCode
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = field(repr=False)
    published: Mapping[str, Publication] = field(repr=False)
    """The uploads behind the deviations, by their file names."""

    @property
    def ending(self) -> str:
        """How the run ended, as in "URL conforms"."""
        return ENDINGS[self.exit_code][0] if self.exit_code in ENDINGS else "was not judged"

    @property
    def kind(self) -> str:
        """The title of the profile."""
        try:
            return profile(self.profile).title
        except UnknownProfile:
            return self.profile

    @property
    def seconds(self) -> float:
        """How long the run took; 0 where it has died."""
        return ((self.finished or self.started) - self.started).total_seconds()

    @property
    def summary(self) -> Summary:
        """How many findings there are of each verdict."""
        return Summary.of(
            (each.verdict for each in self.findings if each.scored),
            unscored=(each.verdict for each in self.findings if not each.scored),
        )

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur."""
        found = {finding.verdict for finding in self.findings}
        return [verdict for verdict in Verdict if verdict in found]

    @property
    def verdict_by_id(self) -> dict[str, Verdict]:
        """The verdict of each requirement."""
        return {each.id: each.verdict for each in self.findings}

    def of(self, *verdicts: Verdict) -> list[Finding]:
        """Return the findings of these verdicts, verdict after verdict."""
        return [each for verdict in verdicts for each in self.findings if each.verdict is verdict]

    def by_area(self) -> dict[str, list[Finding]]:
        """Return the findings of each area."""
        areas: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            areas[finding.area].append(finding)
        return dict(areas)


def read_result(path: Path) -> StoredResult:
    """Read what `run --json` wrote. Raises BadResult."""
    try:
        return stored(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadResult(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadResult(f"{path} is not a result; `run --json FILE` writes one") from error


def read_finished(path: Path) -> StoredResult:
    """Read a result that a later run or a baseline is held against. Raises BadResult.

    It has to be of a run that has finished, and tell each failure from others.
    """
    result = read_result(path)
    if not result.finished:
        raise BadResult(f"{path} is of a run that has not finished: run it again")
    if any(each.verdict in _DEVIATED and not each.signature for each in result.findings):
        raise BadResult(f"{path} has failures without a signature: run it again")
    return result


def stored(result: Any) -> StoredResult:
    """Return a result from its JSON object. Raises ValueError, KeyError, TypeError or AttributeError."""
    summary, target = result["summary"], result["target"]
    return StoredResult(
        suite=str(result["suite"]["name"]),
        version=str(result["suite"]["version"]),
        url=hide_credentials(str(target["url"])),
        profile=str(target["profile"]),
        embedded=bool(target["embedded"]),
        run=str(result["run"]),
        started=_time(result["started"]),
        finished=_time(result["finished"]) if result["finished"] else None,
        requests=int(summary["requests"]),
        seed=int(summary["seed"]),
        examples=_count(summary.get("examples")),
        rounds=_count(summary.get("rounds")),
        read_only=bool(summary.get("read_only", False)),
        projects=tuple(hide_credentials(str(name)) for name in summary.get("projects", ())),
        requirement_set=hide_credentials(str(summary["set"])) if summary.get("set") else None,
        exit_code=ExitCode(summary["exit_code"]),
        notes=tuple(hide_credentials(str(note)) for note in summary["notes"]),
        findings=tuple(sorted(map(_finding, result["results"]), key=lambda finding: finding.id)),
        published={name: _publication(row) for name, row in result.get("published", {}).items()},
    )


def _finding(check: Mapping[str, Any]) -> Finding:
    if not _ID.fullmatch(check["id"]):
        raise ValueError(check["id"])
    return Finding(
        id=check["id"],
        level=Level(check["level"]),
        standing=Standing(check["standing"]),
        verdict=Verdict(check["verdict"]),
        message=hide_credentials(str(check["message"])),
        expected=hide_credentials(str(check.get("expected", ""))),
        found=hide_credentials(str(check.get("found", ""))),
        where=hide_credentials(str(check.get("where", ""))),
        signature=str(check.get("signature", "")),
        duration=float(check["duration"]),
        scored=bool(check.get("scored", True)),
        exchanges=tuple(map(_exchange, check["exchanges"])),
        published=tuple(map(str, check.get("published", ()))),
        requirement=catalogue().requirements.get(check["id"]),
    )


def _exchange(table: Mapping[str, Any]) -> Exchange:
    known: dict[str, Any] = {key: value for key, value in table.items() if key in _EXCHANGE}
    for name in ("request", "request_body", "reason", "response_body"):
        known[name] = hide_credentials(str(known[name]))
    for name in ("request_headers", "response_headers"):
        known[name] = hide_credentials_in_headers(known[name])
    return Exchange(**known)


def _count(number: Any) -> int | None:
    return None if number is None else int(number)


def _publication(table: Mapping[str, Any]) -> Publication:
    return Publication(**{key: value for key, value in table.items() if key in _PUBLICATION})


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time
