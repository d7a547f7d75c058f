"""The pytest plugin object that holds a target to its requirements, check by check."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from conformance.catalogue import Requirement, catalogue
from conformance.checks import MARK
from conformance.fixtures import RUN
from conformance.preparation import CannotJudge, Run, take_part
from conformance.report.explain import explain_deviation
from conformance.report.result import CheckResult, RunResult
from conformance.verdicts import (
    Deviation,
    ExitCode,
    NotApplicable,
    Outcome,
    Summary,
    Verdict,
    judge,
    outcome_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from conformance.options import RunOptions

PREPARED = "registry_conformance"
"""The key under which a worker process finds what the first process has prepared."""

RESULT = "registry_conformance_result"
"""The name of a report's attribute with the result of a check."""

KEPT_EXCHANGES = 20

LETTERS = {
    Verdict.PASSED: ".",
    Verdict.FAILED: "F",
    Verdict.WARNED: "w",
    Verdict.NOTED: "n",
    Verdict.NOT_APPLICABLE: "-",
    Verdict.UNTESTABLE: "u",
    Verdict.ERROR: "E",
}


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
        self.harness_errors: list[str] = []
        self.foreign_failures = 0
        self.started = datetime.now(UTC)

    # Collecting

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what the target's profile is not held to; clients come last, as they take longest."""
        ours = [item for item in items if requirement_of(item)]
        if not ours:
            return
        profile = self.run(config).target.profile.name
        held = {requirement.id for requirement in catalogue().for_profile(profile)}
        if self._only is not None:
            held &= self._only
        left_out = [item for item in ours if _id(item) not in held]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        kept = [item for item in items if item not in left_out]
        items[:] = sorted(kept, key=lambda item: (_id(item) or "").startswith("clients."))

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
        if requirement is None or (call.when != "call" and call.excinfo is None):
            return report
        error = call.excinfo.value if call.excinfo else None
        outcome = outcome_of(error) if call.when != "teardown" else Outcome.CRASHED
        verdict = judge(outcome, requirement.level)
        message = self._message(requirement, outcome, error, report)
        setattr(report, RESULT, self._result(item, requirement, verdict, message, call.duration))
        green = verdict in {Verdict.PASSED, Verdict.WARNED, Verdict.NOTED}
        if green and call.when == "call":
            report.outcome, report.longrepr = "passed", None
        elif green or verdict in {Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE}:
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, message)
        elif verdict is Verdict.FAILED:
            report.longrepr = message
        return report

    def _message(
        self,
        requirement: Requirement,
        outcome: Outcome,
        error: BaseException | None,
        report: pytest.TestReport,
    ) -> str:
        if isinstance(error, Deviation):
            return self._redacted(explain_deviation(requirement, error, catalogue()))
        if outcome is Outcome.CRASHED:
            return self._redacted(f"{type(error).__name__}: {error}\n{report.longreprtext}")
        return self._redacted(str(error)) if error else ""

    def _redacted(self, text: str) -> str:
        return self._run.redact(text) if self._run else text

    def _result(
        self, item: pytest.Item, requirement: Requirement, verdict: Verdict, message: str, duration: float
    ) -> dict[str, Any]:
        transcript = self.run(item.config).transcript
        result = CheckResult(
            id=requirement.id,
            level=str(requirement.level),
            standing=str(requirement.standing),
            verdict=str(verdict),
            message=message,
            duration=round(duration, 4),
            requests=len(transcript) - self._before,
            exchanges=[exchange.as_json() for exchange in transcript.used[-KEPT_EXCHANGES:]],
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
            self._results[result["id"]] = CheckResult(**result)
        elif report.failed:
            self.foreign_failures += 1

    def result(
        self, run: Run, *, least_judged: int, interrupted: bool = False, notes: tuple[str, ...] = ()
    ) -> RunResult:
        """Return the result of a run, as far as it came."""
        summary = Summary.of(Verdict(result.verdict) for result in self._results.values())
        code = summary.exit_code(least_judged=least_judged)
        if (self.harness_errors or interrupted) and code is not ExitCode.DEVIATES:
            code = ExitCode.HARNESS_ERROR
        in_checks = sum(result.requests for result in self._results.values())
        return RunResult(
            target=run.target,
            run_id=run.corpus.run_id,
            started=self.started,
            finished=datetime.now(UTC),
            requests=run.prepared_with + in_checks,
            seed=self._options.seed,
            exit_code=code,
            notes=(*notes, *self.harness_errors, *(["The run was interrupted."] if interrupted else [])),
            results=tuple(self._results.values()),
        )

    @property
    def prepared_run(self) -> Run | None:
        """The run, if the session got as far as preparing one."""
        return self._run


def requirement_of(item: pytest.Item) -> Requirement | None:
    """Return the requirement that an item is the check of; None for tests that are not ours."""
    name = _id(item)
    return catalogue()[name] if name else None


def _id(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker(MARK)
    return mark.args[0] if mark else None
