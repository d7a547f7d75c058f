"""The pytest plugin that holds a target to its requirements, check by check."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from conformance.report.carried import carried_publications, carried_result, carry
from conformance.report.progress import LETTERS
from conformance.run.at_once import AtOnce
from conformance.run.claims import require_found
from conformance.run.credential_watch import CredentialRejected, rejection
from conformance.run.features import NotOffered
from conformance.run.held_frames import release
from conformance.run.judging import Ended, check_result
from conformance.run.keys import JUDGE, OPTIONS, PARENT, RUN, STRAY
from conformance.run.last import has_begun, has_ended, wait_for_others
from conformance.run.order import Order
from conformance.run.plan import Plan, is_last, requirement_id, requirement_of
from conformance.run.results import Results
from conformance.run.run import CannotJudge, Run
from conformance.run.setup import take_part
from conformance.run.together import Together
from conformance.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from conformance.report.check_result import CheckResult
    from conformance.run.parent_watch import Watch
    from conformance.verdicts.options import RunOptions

PREPARED = "registry_conformance"
"""The key under which a worker process finds the run that the first process has prepared."""

GREEN = frozenset({Verdict.PASSED, Verdict.WARNED, Verdict.NOTED, Verdict.KNOWN})
RED = frozenset({Verdict.FAILED, Verdict.STALE, Verdict.ERROR})
"""Verdicts that pytest counts as passed, and as failed where they are scored."""


class Judge:
    """Judges one run; in a worker process it only reports, to the judge of the first process.

    `prepared` is called when it is certain that checks will run, and once.
    `only` is a choice of requirements, by id; `watch` ends a worker process with its run.
    """

    def __init__(
        self,
        prepared: Callable[[], Run],
        options: RunOptions,
        *,
        only: frozenset[str] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._prepare = prepared
        self._options = options
        self._rejected: CredentialRejected | None = None
        self._errors: list[BaseException] = []
        self.plan = Plan(lambda config: self.run(config).target.profile, only)
        self.results = Results(self.plan)
        self._at_once = AtOnce(self.run)
        self.prepared_run: Run | None = None
        """The run, if the session got as far as preparing one."""
        self.foreign_failures = 0
        """How many tests that are no checks have failed."""

    def register(self, plugins: pytest.PytestPluginManager) -> None:
        """Register the judge, its plan and the groups of checks as plugins of pytest."""
        plugins.register(self, JUDGE)
        plugins.register(self.plan)
        plugins.register(Together())
        plugins.register(Order(self.run))
        plugins.register(self._at_once)
        plugins.register(self._at_once.postponed)

    def run(self, config: pytest.Config) -> Run:
        """Return the run, prepared on the first call. Ends the session when the target cannot be judged."""
        if self.prepared_run is None:
            given = getattr(config, "workerinput", {})
            table = given.get(PREPARED)
            try:
                self.prepared_run = (
                    take_part(table, self._options, worker=given["workerid"], processes=given["workercount"])
                    if table
                    else self._prepare()
                )
            except CannotJudge as error:
                pytest.exit(str(error), returncode=int(error.exit_code))
            config.stash[RUN] = self.prepared_run
            if self._watch is not None:
                self._watch.end_with_run(self.prepared_run.session.budget)
        return self.prepared_run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the prepared run to a worker process of pytest-xdist."""
        run = self.run(node.config)
        spec = node.gateway.spec
        parent = os.getpid() if spec.popen and not spec.via else None
        node.workerinput |= {PREPARED: run.as_table(), OPTIONS: self._options.packed(), PARENT: parent}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Let the other workers wait for nothing that one had under way: it has ended, perhaps by a crash."""
        if self.prepared_run is not None:
            self.prepared_run.under_way.forget(node.workerinput["workerid"])

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt the workers, too, which pytest-xdist waits for afterwards."""
        if self.prepared_run is not None:
            self.prepared_run.session.budget.interrupt()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a check: its exchanges are its own, the target offers its feature, and the run has the means."""
        requirement = requirement_of(item)
        if requirement is None:
            if requirement_id(item):
                pytest.skip("the catalogue has no row for it")
            return
        run = self.run(item.config)
        if is_worker(item.config):
            wait_for_others(item, run.session.budget)
            has_begun(item, run.under_way)
        run.transcript.begin(self._at_once.used_by(item))
        if not run.offer.has(requirement.feature):
            require_found(run.offer, requirement.feature)
            run.offer.require_known(requirement.feature)
            raise NotOffered(run.offer, requirement.feature)
        if self._at_once.seconds_of(item) is None:
            run.session.budget.require_open()
            if self._rejected is not None:
                raise CredentialRejected(str(self._rejected))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """Tell other processes that a check has ended, whatever its fixtures do at their end."""
        try:
            return (yield)
        finally:
            if is_worker(item.config):
                has_ended(item, self.run(item.config).under_way)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn what a check did into a result, and its verdict into what pytest counts."""
        report = yield
        requirement = requirement_of(item)
        if requirement is None:
            return report
        if call.excinfo is not None:
            self._errors.append(call.excinfo.value)
        run = self.run(item.config)
        error = call.excinfo.value if call.excinfo else None
        # What runs last may lock the account, by wrong passwords, and knows of it.
        if error is not None and not is_last(item):
            rejected = rejection(run, error, run.transcript.used)
            self._rejected, error = rejected or self._rejected, rejected or error
            if rejected:
                self._at_once.end()
        report.sections = [(title, run.redact(text)) for title, text in report.sections]
        if call.when != "call" and call.excinfo is None:
            return report
        ended = Ended(
            requirement=requirement,
            report=report,
            error=error,
            duration=self._at_once.seconds_of(item) or call.duration,
        )
        if ended.outcome is Outcome.RETURNED and self._at_once.differs(item):
            run.session.budget.strain()
        result, published = check_result(run, ended, today=self.results.started.astimezone().date())
        carry(report, result, published)
        _count(report, result, item)
        return report

    def pytest_runtest_logfinish(self) -> None:
        """Let go of what the errors of a check hold, now that no debugger asks for it."""
        while self._errors:
            release(self._errors.pop())

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Show verdicts instead of pytest's outcomes."""
        result = carried_result(report)
        if result is None:
            return None
        return str(result.verdict), LETTERS[result.verdict], result.verdict.upper()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather results, from this process and from workers."""
        result = carried_result(report)
        if result is not None:
            self.results.add(
                result,
                carried_publications(report),
                check=report.nodeid,
                strays=[str(path) for name, path in report.user_properties if name == STRAY],
            )
        elif report.failed:
            self.foreign_failures += 1


def is_worker(config: pytest.Config) -> bool:
    """Return whether this is one of several processes that run checks."""
    return hasattr(config, "workerinput")


def _count(report: pytest.TestReport, result: CheckResult, item: pytest.Item) -> None:
    """Set the outcome that pytest counts. The message has the traceback of an error, without secrets."""
    green = result.verdict in GREEN or (result.verdict in RED and not result.scored)
    if green and report.when == "call":
        report.outcome, report.longrepr = "passed", None
    elif green or result.verdict in {Verdict.NOT_APPLICABLE, Verdict.UNTESTABLE}:
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, result.message)
    elif result.verdict in RED:
        report.outcome, report.longrepr = "failed", result.message
