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

from conformance.client_report.faulty_registry import registry_with, summary_of
from conformance.client_report.reaction import Coping, Did, coping, detail, last_words
from conformance.client_report.received_files import taken
from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.client_report.default_faults import Group
    from conformance.client_report.scenarios import Scenario

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class UnfitScenario(UserError):
    """A client fails without any fault, so that nothing can be said about what it does with one."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """How one client coped with one fault. `exit_code` is None where it had to be killed."""

    fault: str
    scenario: str
    coping: Coping
    detail: str
    exit_code: int | None
    requests: dict[str, int]
    seconds: float
    said: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """The faults of one group, with what each does, and how clients coped."""

    title: str
    summaries: dict[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was found out; `limit` is the seconds that a run had, `usual` what clients do without a fault."""

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
    summaries = {fault: summary_of(fault) for group in groups for fault in group.faults}
    with _pool(jobs) as pool:
        usual = _usual(scenarios, pool.map(lambda scenario: _try(scenario, None, limit), scenarios))

        def line(met: tuple[str, Scenario]) -> Line:
            fault, scenario = met
            found = _line(fault, scenario, _try(scenario, fault, limit), usual[scenario.title])
            progress(found)
            return found

        started = [(group, pool.map(line, _met(group, scenarios))) for group in groups]
        sections = tuple(
            Section(
                title=group.title,
                summaries={fault: summaries[fault] for fault in group.faults},
                lines=tuple(lines),
            )
            for group, lines in started
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
    """Give threads; when something goes wrong, nothing is begun any more."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _usual(scenarios: Sequence[Scenario], seen: Iterable[Did]) -> dict[str, Did]:
    usual = dict(zip((scenario.title for scenario in scenarios), seen, strict=True))
    for title, did in usual.items():
        if not did.run.succeeded:
            raise UnfitScenario(
                f"{title} fails without any fault: {did.said or did.run.exit_code}",
                exit_code=ExitCode.HARNESS_ERROR,
            )
    return usual


def _met(group: Group, scenarios: Sequence[Scenario]) -> list[tuple[str, Scenario]]:
    return [
        (fault, scenario)
        for fault, deeds in group.faults.items()
        for scenario in scenarios
        if scenario.deed in deeds
    ]


def _try(scenario: Scenario, fault: str | None, limit: float) -> Did:
    with (
        tempfile.TemporaryDirectory(prefix="client-", ignore_cleanup_errors=True) as directory,
        registry_with(fault) as registry,
    ):
        folder, scratch = Path(directory, "folder"), Path(directory, "published")
        folder.mkdir()
        scratch.mkdir()
        run = scenario.run(registry, folder, limit)
        left = taken(folder, scratch=scratch) | registry.uploaded
        said = (_plain(stream, registry.server.origin, directory) for stream in (run.stderr, run.stdout))
        return Did(run=run, asked=registry.asked, left=left, said=last_words(*said))


def _plain(text: str, origin: str, directory: str) -> str:
    """Return `text` without what differs from run to run."""
    return _DIGEST.sub("…", text.replace(origin, "http://registry").replace(directory, ""))


def _line(fault: str, scenario: Scenario, did: Did, usual: Did) -> Line:
    return Line(
        fault=fault,
        scenario=scenario.title,
        coping=coping(did, usual),
        detail=detail(did, usual),
        exit_code=None if did.run.timed_out else did.run.exit_code,
        requests=did.asked.by_kind,
        seconds=round(did.run.duration, 1),
        said=did.said,
    )
