"""The result of a run, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from conformance.verdicts import Summary, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from conformance.target import Target
    from conformance.verdicts import ExitCode
    from conformance.verdicts.options import RunOptions

SUITE = "pypi-registry-conformance"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How one requirement fared. Of basic types only, as it travels between processes.

    `duration` is in seconds; `requests` is how many exchanges the check itself caused,
    `exchanges` those it looked at, cached ones among them, and `published` the uploads that had put there what
    it looked at, where it deviated. `expected`, `found` and `where` are the deviation's, and `signature` tells
    it from others: all four are empty where there was none. What is not `scored` does not count for the exit code.
    """

    id: str
    level: str
    standing: str
    verdict: str
    message: str
    duration: float
    requests: int
    exchanges: list[dict[str, Any]] = field(repr=False)
    published: list[dict[str, Any]] = field(default_factory=list, repr=False)
    expected: str = ""
    found: str = ""
    where: str = ""
    signature: str = ""
    scored: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the result's entry for this check, in which publications have just their names."""
        return asdict(self) | {"published": [each["filename"] for each in self.published]}


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Everything that a report is made from.

    `requests` counts the exchanges of the whole run. `options` are those it was carried out with; their
    `projects` are those that a read-only run has looked at. A run that is not `finished` has died.
    """

    target: Target
    run_id: str
    started: datetime
    finished: datetime | None
    requests: int
    options: RunOptions
    exit_code: ExitCode
    notes: tuple[str, ...]
    results: tuple[CheckResult, ...]

    @property
    def summary(self) -> Summary:
        """How many checks ended with which verdict."""
        return Summary.of(
            (Verdict(result.verdict) for result in self.results if result.scored),
            unscored=(Verdict(result.verdict) for result in self.results if not result.scored),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object. It holds no secrets: exchanges were redacted when they were made."""
        summary = self.summary
        return {
            "suite": {"name": SUITE, "version": version(SUITE)},
            "target": {
                "url": self.target.url,
                "profile": self.target.profile.name,
                "embedded": self.target.embedded,
                "credentials": sorted(self.target.credentials),
            },
            "run": self.run_id,
            "started": self.started.isoformat(timespec="milliseconds"),
            "finished": self.finished and self.finished.isoformat(timespec="milliseconds"),
            "summary": {
                "verdicts": {str(verdict): summary.counts[verdict] for verdict in Verdict},
                "judged": summary.judged,
                "unscored": summary.unscored.total(),
                "set": self.options.requirement_set,
                "requests": self.requests,
                "seed": self.options.seed,
                "examples": self.options.examples,
                "rounds": self.options.rounds,
                "read_only": self.options.read_only,
                "projects": list(self.options.projects),
                "exit_code": int(self.exit_code),
                "notes": list(self.notes),
            },
            "published": {each["filename"]: each for result in self.results for each in result.published},
            "results": [result.as_json() for result in sorted(self.results, key=lambda result: result.id)],
        }
