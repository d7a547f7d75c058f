"""The pytest plugin object that holds a target to its requirements, check by check."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import Requirement, catalogue
from conformance.report.explain import explain_deviation
from conformance.report.progress import LETTERS, RESULT
from conformance.report.result import CheckResult, RunResult
from conformance.run.enough_judged import judged_too_little, locked_out, without_result
from conformance.run.keys import MARK, REMARK, RUN
from conformance.run.run import CannotJudge, Run
from conformance.run.setup import take_part
from conformance.verdicts import (
    Deviation,
    ExitCode,
    Listing,
    NotApplicable,
    Outcome,
    Summary,
    Verdict,
    judge,
    outcome_of,
)
from conformance.verdicts.sets import is_scored
from conformance.verdicts.signature import signature_of
from conformance.wire import publications_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    from conformance.verdicts.options import RunOptions
    from conformance.wire import Exchange, Publication

PREPARED = "registry_conformance"
"""The key under which a worker process finds what the first process has prepared."""

PLANNED = "registry_conformance_planned"
"""The key under which a worker process says which requirements it was to judge."""

BROKEN = "registry_conformance_broken"
"""The key under which a worker process says what is wrong with the harness."""

KEPT_EXCHANGES = 20

BY_CHANCE = frozenset({"consistency", "race"})
"""Areas whose checks do not find the same twice."""

GREEN = frozenset({Verdict.PASSED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN})
RED = frozenset({Verdict.FAILED, Verdict.STALE, Verdict.ERROR})
"""What pytest counts as passed, and as failed where it is scored."""


class Judge:
    """Judges one run; in a worker process it only reports, to the judge of the first process.

    `prepared` is called when it is certain that checks will run, and once.
    `only` is a choice of requirements, by id.
    """

    def __init__(
        self, prepared: Callable[[], Run], options: RunOptions, *, only: frozenset[str] | None = None
    ) -> None:
        self._prepare = prepared
        self._only = only
        self._options = options
        self._run: Run | None = None
        self._before = 0
        self._results: dict[str, CheckResult] = {}
        self._judged_by: dict[str, str] = {}
        self._planned: set[str] = set()
        self._stopped = False
        self.harness_errors: list[str] = []
        self.foreign_failures = 0
        self.started = datetime.now(UTC)

    # Collecting

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what the target's profile is not held to; clients come last, as they take longest."""
        ours = [item for item in items if _id(item)]
        if not ours:
            return
        self.harness_errors += [
            f"{item.nodeid} is the check of {_id(item)!r}, which conformance/catalogue lacks: add its row."
            for item in ours
            if not requirement_of(item)
        ]
        profile = self.run(config).target.profile
        held = {requirement.id for requirement in catalogue().for_profile(profile)}
        if self._only is not None:
            held &= self._only
        left_out = [item for item in ours if requirement_of(item) and _id(item) not in held]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        kept = [item for item in items if item not in left_out]
        items[:] = sorted(kept, key=lambda item: (_id(item) or "").startswith("clients."))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know what is to be judged: each of these has to have a result in the end."""
        self._planned |= {row.id for item in session.items if (row := requirement_of(item))}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Know whether the run was to end early; a worker tells the first process what it knows."""
        self._stopped = bool(session.shouldstop or session.shouldfail)
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[PLANNED] = sorted(self._planned)
            session.config.workeroutput[BROKEN] = self.harness_errors

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what was to be judged, and what is broken: every worker collects everything."""
        said = getattr(node, "workeroutput", {})
        self._planned |= set(said.get(PLANNED, ()))
        self.harness_errors += [each for each in said.get(BROKEN, ()) if each not in self.harness_errors]

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let `-k` find a check by its requirement's id."""
        if name := _id(item):
            item.extra_keyword_matches.add(name)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module of checks that cannot be read is a fault of the harness."""
        if report.failed:
            self.harness_errors.append(str(report.longrepr))

    # Preparing

    def run(self, config: pytest.Config) -> Run:
        """Return the run, prepared on the first call. Ends the session when the target cannot be judged."""
        if self._run is None:
            prepared = getattr(config, "workerinput", {}).get(PREPARED)
            try:
                self._run = (
                    take_part(prepared, self._options, worker=config.workerinput["workerid"])  # type: ignore[attr-defined]
                    if prepared
                    else self._prepare()
                )
            except CannotJudge as error:
                pytest.exit(str(error), returncode=int(error.exit_code))
            config.stash[RUN] = self._run
        return self._run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the prepared run to a worker process of pytest-xdist."""
        node.workerinput[PREPARED] = self.run(node.config).as_table()

    # Judging

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a check: its exchanges are its own, and its feature has to be one of the target's."""
        requirement = requirement_of(item)
        if requirement is None:
            if _id(item):
                pytest.skip("the catalogue has no row for it")
            return
        run = self.run(item.config)
        run.transcript.begin()
        self._before = len(run.transcript)
        if not run.offer.has(requirement.feature):
            raise NotApplicable(f"{requirement.feature!r} is not offered, and not claimed")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn what a check did into a verdict, and the verdict into what pytest counts."""
        report = yield
        requirement = requirement_of(item)
        if requirement is None:
            return report
        report.sections = [(title, self._redacted(text)) for title, text in report.sections]
        if call.when != "call" and call.excinfo is None:
            return report
        error = call.excinfo.value if call.excinfo else None
        outcome = outcome_of(error) if call.when != "teardown" else Outcome.CRASHED
        signature = self._signature(requirement, error) if outcome is Outcome.DEVIATED else ""
        listing = self._listing(requirement, signature)
        verdict = judge(outcome, requirement.level, listing)
        message = self._message(requirement, outcome, error, report)
        if verdict in {Verdict.KNOWN, Verdict.STALE}:
            about = self._options.baseline.explain(requirement.id, listing, deviated=bool(signature))
            message = f"{about}\n{message}".rstrip()
        told = self._told(error) if outcome is Outcome.DEVIATED else {}
        result = self._result(
            item, requirement, verdict, message=message, signature=signature, duration=call.duration, **told
        )
        setattr(report, RESULT, result)
        green = verdict in GREEN or (verdict in RED and not result["scored"])
        if green and call.when == "call":
            report.outcome, report.longrepr = "passed", None
        elif green or verdict in {Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE}:
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, message)
        elif verdict in RED:  # the message has the traceback of an error, without secrets
            report.outcome, report.longrepr = "failed", message
        return report

    def _signature(self, requirement: Requirement, error: BaseException | None) -> str:
        if not isinstance(error, Deviation) or self._run is None:
            return ""
        by_chance = requirement.area in BY_CHANCE
        return signature_of(error, run_id=self._run.corpus.run_id, by_chance=by_chance)

    def _listing(self, requirement: Requirement, signature: str) -> Listing:
        return self._options.baseline.listing(
            requirement.id, signature, today=self.started.astimezone().date()
        )

    def _message(
        self,
        requirement: Requirement,
        outcome: Outcome,
        error: BaseException | None,
        report: pytest.TestReport,
    ) -> str:
        if outcome is Outcome.CRASHED:
            return self._redacted(f"{type(error).__name__}: {error}\n{report.longreprtext}")
        if isinstance(error, Deviation):
            return self._redacted(explain_deviation(requirement, error, catalogue()))
        return self._redacted(str(error) if error else _last_remark(report))

    def _told(self, error: BaseException | None) -> dict[str, str]:
        return {name: self._redacted(getattr(error, name)) for name in ("expected", "found", "where")}

    def _redacted(self, text: str) -> str:
        return self._run.redact(text) if self._run else text

    def _result(
        self,
        item: pytest.Item,
        requirement: Requirement,
        verdict: Verdict,
        *,
        message: str,
        signature: str,
        duration: float,
        **told: str,
    ) -> dict[str, Any]:
        run = self.run(item.config)
        transcript = run.transcript
        used = transcript.used[-KEPT_EXCHANGES:]
        if not signature:
            used = tuple(replace(exchange, request_bytes="") for exchange in used)
        result = CheckResult(
            id=requirement.id,
            level=str(requirement.level),
            standing=str(requirement.standing),
            verdict=str(verdict),
            message=message,
            duration=round(duration, 4),
            requests=len(transcript) - self._before,
            exchanges=[exchange.as_json() for exchange in used],
            published=[each.as_json() for each in _published(run, used)] if signature else [],
            signature=signature,
            **told,
            scored=is_scored(requirement, self._options.requirement_set),
        )
        return asdict(result)

    # Reporting

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Show verdicts instead of pytest's outcomes."""
        result = getattr(report, RESULT, None)
        if result is None:
            return None
        verdict = Verdict(result["verdict"])
        return str(verdict), LETTERS[verdict], verdict.upper()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect results, from this process and from workers."""
        result = getattr(report, RESULT, None)
        if result is not None:
            self._take(CheckResult(**result), report.nodeid)
        elif report.failed:
            self.foreign_failures += 1

    def _take(self, result: CheckResult, by: str) -> None:
        if self._judged_by.setdefault(result.id, by) != by:
            self.harness_errors.append(
                f"{result.id} was judged twice: by {self._judged_by[result.id]} and {by}"
            )
        self._results[result.id] = result

    def result(
        self,
        run: Run,
        *,
        least_judged: int = 1,
        least_per_area: Mapping[str, int] | None = None,
        whole: bool = False,
        interrupted: bool = False,
        notes: tuple[str, ...] = (),
    ) -> RunResult:
        """Return the result of a run, as far as it came.

        A `whole` run has to have a result for everything that the profile is held to, any run for everything
        that it was to judge. `least_per_area` is how many requirements have to be judged in an area.
        """
        results = tuple(self._results.values())
        planned = self._planned | (_to_be_judged(run) if whole else set())
        stopped = self._stopped or interrupted
        missing = "" if stopped else without_result(planned, self._results)
        locked, thin = locked_out(results), judged_too_little(results, least_per_area or {})
        broken = [*self.harness_errors, missing, "The run was interrupted." if interrupted else ""]
        in_checks = sum(result.requests for result in results)
        result = RunResult(
            target=run.target,
            run_id=run.corpus.run_id,
            started=self.started,
            finished=datetime.now(UTC),
            requests=run.prepared_with + in_checks,
            options=_carried_out(run),
            exit_code=ExitCode.HARNESS_ERROR,
            notes=(*notes, *filter(None, (locked, thin, *broken))),
            results=results,
        )
        code = _exit_code(
            result.summary, least_judged, broken=any(broken), locked=bool(locked), thin=bool(thin)
        )
        return replace(result, exit_code=code)

    @property
    def prepared_run(self) -> Run | None:
        """The run, if the session got as far as preparing one."""
        return self._run


def _published(run: Run, used: Collection[Exchange]) -> list[Publication]:
    """Return the uploads behind what was looked at: behind the root page, which names none, the whole corpus."""
    if any(exchange.request == f"GET {run.target.index_url}" for exchange in used):
        return [each for each in run.transcript.published if each.project in run.corpus.projects]
    return publications_behind(run.transcript.published, used)


def _carried_out(run: Run) -> RunOptions:
    """Return the options of a run, with the projects that it picked where it published none."""
    return replace(run.options, projects=run.projects) if run.options.read_only else run.options


def _to_be_judged(run: Run) -> set[str]:
    held = catalogue().for_profile(run.target.profile)
    return {requirement.id for requirement in held if requirement.untested is None}


def _exit_code(summary: Summary, least: int, *, broken: bool, locked: bool, thin: bool) -> ExitCode:
    """Return the exit code: behind a closed door nothing was judged, whatever the checks made of it."""
    if locked:
        return ExitCode.TOO_LITTLE_JUDGED
    code = summary.exit_code(least_judged=least)
    if code is ExitCode.DEVIATES:
        return code
    if broken:
        return ExitCode.HARNESS_ERROR
    return ExitCode.TOO_LITTLE_JUDGED if thin and code is ExitCode.CONFORMS else code


def _last_remark(report: pytest.TestReport) -> str:
    return str(dict(report.user_properties).get(REMARK, ""))


def requirement_of(item: pytest.Item) -> Requirement | None:
    """Return the requirement that an item is the check of; None for tests that are not ours, and without a row."""
    return catalogue().requirements.get(_id(item) or "")


def _id(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker(MARK)
    return mark.args[0] if mark else None
