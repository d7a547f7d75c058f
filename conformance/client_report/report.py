"""The report: every client against every fault."""

from __future__ import annotations

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.client_report.faulty_registry import faulty_registry, summary_of
from conformance.client_report.reaction import Observation, Reaction, classify, detail, last_message
from conformance.client_report.received_files import received_files
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.client_report.default_faults import Group
    from conformance.client_report.scenarios import Scenario

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class UnfitScenario(UserError):
    """A client fails even without a fault, so its runs with faults say nothing."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One client's reaction to one fault. `exit_code` is None for a client that was killed after the limit."""

    fault: str
    scenario: str
    reaction: Reaction
    detail: str
    exit_code: int | None
    requests: dict[str, int]
    seconds: float
    message: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One group of faults: a summary of each, and the reactions of clients."""

    title: str
    summaries: dict[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole report. `limit` is the time for one run in seconds; `usual` has the runs without a fault."""

    made: date
    limit: float
    clients: dict[str, str]
    missing: tuple[str, ...]
    scenarios: tuple[str, ...]
    usual: tuple[Line, ...]
    sections: tuple[Section, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return asdict(self) | {"made": self.made.isoformat()}


def report(
    scenarios: Sequence[Scenario],
    groups: Sequence[Group],
    *,
    limit: float,
    jobs: int,
    missing: Sequence[str] = (),
    progress: Callable[[Line], None] = lambda _: None,
) -> Report:
    """Run every scenario, without a fault and with each, `jobs` at a time.

    Errors: UnfitScenario, UnknownFault.
    """
    summaries = [{fault: summary_of(fault) for fault in group.faults} for group in groups]
    with _pool(jobs) as pool:
        usual = _usual(scenarios, pool.map(lambda scenario: _try(scenario, None, limit), scenarios))

        def line(pair: tuple[str, Scenario]) -> Line:
            fault, scenario = pair
            found = _line(fault, scenario, _try(scenario, fault, limit), usual[scenario.title])
            progress(found)
            return found

        started = [pool.map(line, _pairs(group, scenarios)) for group in groups]
        sections = tuple(
            Section(title=group.title, summaries=known, lines=tuple(lines))
            for group, known, lines in zip(groups, summaries, started, strict=True)
        )
    return Report(
        made=datetime.now(UTC).date(),
        limit=limit,
        clients={each.client: each.version for each in scenarios},
        missing=tuple(missing),
        scenarios=tuple(usual),
        usual=tuple(_line("", each, usual[each.title], usual[each.title]) for each in scenarios),
        sections=sections,
    )


@contextmanager
def _pool(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Start a pool of threads; an error cancels all runs that have not begun."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _usual(scenarios: Sequence[Scenario], observations: Iterable[Observation]) -> dict[str, Observation]:
    usual = dict(zip((scenario.title for scenario in scenarios), observations, strict=True))
    for title, observed in usual.items():
        if not observed.run.succeeded:
            raise UnfitScenario(
                f"{title} fails without any fault: {observed.message or observed.run.exit_code}",
                exit_code=ExitCode.HARNESS_ERROR,
            )
    return usual


def _pairs(group: Group, scenarios: Sequence[Scenario]) -> list[tuple[str, Scenario]]:
    return [
        (fault, scenario)
        for fault, activities in group.faults.items()
        for scenario in scenarios
        if scenario.activity in activities
    ]


def _try(scenario: Scenario, fault: str | None, limit: float) -> Observation:
    with (
        tempfile.TemporaryDirectory(prefix="client-", ignore_cleanup_errors=True) as directory,
        faulty_registry(fault) as registry,
    ):
        folder, scratch = Path(directory, "folder"), Path(directory, "published")
        folder.mkdir()
        scratch.mkdir()
        run = scenario.run(registry, folder, limit)
        files = received_files(folder, scratch=scratch) | registry.uploaded
        printed = (_plain(stream, registry.server.origin, directory) for stream in (run.stderr, run.stdout))
        return Observation(
            run=run, requests=registry.request_counts, files=files, message=last_message(*printed)
        )


def _plain(text: str, origin: str, directory: str) -> str:
    """Return `text` without the parts that differ from run to run."""
    return _DIGEST.sub("…", text.replace(origin, "http://registry").replace(directory, ""))


def _line(fault: str, scenario: Scenario, observed: Observation, usual: Observation) -> Line:
    return Line(
        fault=fault,
        scenario=scenario.title,
        reaction=classify(observed, usual),
        detail=detail(observed, usual),
        exit_code=None if observed.run.timed_out else observed.run.exit_code,
        requests=observed.requests.by_kind,
        seconds=round(observed.run.duration, 1),
        message=observed.message,
    )
