"""Checks that are judged several at once, ahead of their turn, on a target that a run mostly waits for.

One that passes beside others has passed. Any other is judged again when its turn comes, with nothing beside it in its
process, and only that counts: what the requests of another check did to it is no finding.
"""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from inspect import signature
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from conformance.run.credential_watch import may_be_rejection
from conformance.run.order import may_be_beside, unit_of
from conformance.run.plan import requirement_of
from conformance.run.postponed import Postponed, tear_down_for
from conformance.run.set_up_beside import SetUpBeside
from conformance.verdicts import Deviation, NotApplicable, NotJudged
from conformance.wire.lanes import Seats, enter_lane, seated
from conformance.wire.stopping import stoppable
from conformance.wire.transcript import Used

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from conformance.run.run import Run
    from conformance.wire import Budget, Exchange

PAUSE = 0.02
"""Seconds between two looks at what other processes have under way."""

SERVER_ERROR = 500


@dataclass(kw_only=True, eq=False)
class _Outcome:
    """What came of a check that ran beside others."""

    passed: bool = False
    seconds: float = 0
    is_strange: bool = False
    """Whether too many requests at once may explain it: a server error, or no deviation at all."""
    is_urgent: bool = False
    """Whether it is to be judged alone before others are: it is strange, or the credential may be rejected."""


@dataclass(kw_only=True, eq=False)
class _Ahead:
    """A check that was set up, and perhaps run, before its turn: what it used, and its outcome if it ran."""

    used: Used = field(default_factory=Used)
    act: Future[_Outcome] | None = None
    is_beside: bool = False
    """Whether others were under way while it, or a fixture that it shares, was set up."""
    properties: int = 0
    """How many properties the item had before."""

    @property
    def outcome(self) -> _Outcome | None:
        """What came of it; None where it has not run to its end."""
        return self.act.result() if self.act and self.act.done() and not self.act.cancelled() else None


class AtOnce:
    """A plugin of pytest that runs checks ahead of their turn, each in a thread; in its turn a check takes the outcome.

    `run` returns the run of a session.
    """

    def __init__(self, run: Callable[[pytest.Config], Run]) -> None:
        self._run = run
        self._ahead: dict[pytest.Item, _Ahead] = {}
        self._under_way: set[Future[_Outcome]] = set()
        self._threads: ThreadPoolExecutor | None = None
        self._seats = Seats(1)
        self.postponed = Postponed()
        """A plugin, too: the checks that did not pass beside others, and have not been judged alone."""
        self._stop = Event()
        self._set_up = SetUpBeside()

    def used_by(self, item: pytest.Item) -> Used:
        """Return what a check used before its turn."""
        return ahead.used if (ahead := self._ahead.get(item)) else Used()

    def seconds_of(self, item: pytest.Item) -> float | None:
        """Return how long a check ran that passed beside others; None for any other."""
        outcome = self._outcome(item)
        return outcome.seconds if outcome and outcome.passed else None

    def differs(self, item: pytest.Item) -> bool:
        """Tell whether a check, which has passed now, deviated beside others."""
        outcome = self._outcome(item)
        return outcome is not None and not outcome.passed

    def end(self) -> None:
        """Begin no more checks ahead of their turn, and let no outcome count whose turn has not come."""
        self._stop.set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Let this check and the next ones run ahead, or let this one be alone, now or with others later."""
        run = self._run(item.config) if requirement_of(item) else None
        if run is None or not run.overlaps:
            return (yield)
        if not self.postponed.is_due(item):
            self._await_turn(run, item, nextitem)
            if nextitem is not None and self._can_wait(run, item):
                self.postponed.add(item, nextitem)
                return (yield)
            if self.postponed and (nextitem is None or not self._is_decided(run, item)):
                self._finish()
                if not self.postponed.judge(item):
                    return (yield)
        if self._is_decided(run, item):
            return (yield)
        outcome = self._outcome(item)
        with self._nothing_beside(run, everywhere=bool(outcome and outcome.is_strange)):
            self._forget(item)
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Set up once more, with nothing beside it, what failed or got a server error while checks were under way."""
        self._set_up.remove(fixturedef)
        if not self._under_way:
            return (yield)
        run = self._run(request.config)
        before = len(run.transcript.used)
        try:
            value = yield
        except NotApplicable:
            self._set_up.add(fixturedef)
            raise
        except Exception:  # noqa: BLE001, S110 - it is raised again, if it is not because of others
            pass
        else:
            used = run.transcript.used[before:]
            if used:
                self._set_up.add(fixturedef)
            if not _has_server_error(used):
                return value
        with self._nothing_beside(run, everywhere=True):
            return request.config.hook.pytest_fixture_setup(fixturedef=fixturedef, request=request)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Take the outcome of a check that passed beside others; let any other run."""
        return True if self.seconds_of(pyfuncitem) is not None else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Let no check go on: what it publishes could not be removed any more."""
        self._stop.set()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)

    def _await_turn(self, run: Run, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Wait for the outcome of a check that can be judged beside others, and let the next ones begin."""
        while may_be_beside(item):
            self._look_ahead(run, item, nextitem)
            ahead = self._ahead.get(item)
            if ahead is None or ahead.act not in self._under_way:
                return
            self._await_one()

    def _is_decided(self, run: Run, item: pytest.Item) -> bool:
        """Tell whether a check sends nothing in its turn: it passed beside others, or its feature is not offered."""
        outcome, requirement = self._outcome(item), requirement_of(item)
        if outcome and outcome.passed:
            return True
        return requirement is not None and may_be_beside(item) and not run.offer.has(requirement.feature)

    def _can_wait(self, run: Run, item: pytest.Item) -> bool:
        """Tell whether a check that has to be alone can be so later, with others of its kind.

        None can in a process of pytest-xdist, which takes a turn that has passed for a result: a crash would lose it.
        """
        outcome, is_to_exit = self._outcome(item), bool(getattr(item.config.option, "maxfail", 0))
        return (
            item in self._ahead
            and not hasattr(item.config, "workerinput")
            and not self._is_decided(run, item)
            and not (outcome and outcome.is_urgent)
            and bool(self._under_way)
            and not is_to_exit
            and not self.postponed.is_full
            and not self._is_over(run)
        )

    def _outcome(self, item: pytest.Item) -> _Outcome | None:
        ahead = None if self._stop.is_set() else self._ahead.get(item)
        return ahead.outcome if ahead else None

    def _forget(self, item: pytest.Item) -> None:
        """Let a check that is judged alone keep nothing of what others were under way beside."""
        self._set_up.drop(item)
        ahead = self._ahead.get(item)
        if ahead is None:
            return
        del item.user_properties[ahead.properties :]  # what it remarked
        if ahead.is_beside:
            function: Any = item
            function._initrequest()  # noqa: SLF001 - pytest has no public way to set up an item twice
            ahead.used.exchanges.clear()

    def _look_ahead(self, run: Run, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Begin checks, the one whose turn it is first, until enough are under way or set up.

        As many as run at once are set up before there is room for them: fixtures are set up one after the other, which
        takes longer than many a check.
        """
        for each in unit_of(item, nextitem):
            if each in self._ahead or not may_be_beside(each):
                continue
            most = run.registry.at_once
            if len(self._under_way) >= 2 * most or most == 1 or self._is_over(run):
                return
            self._begin(run, each)

    def _begin(self, run: Run, item: pytest.Item) -> None:
        """Set a check up, and run it in a thread; where it cannot be set up, its turn will show why."""
        requirement = requirement_of(item)
        is_beside = bool(self._under_way)
        self._ahead[item] = ahead = _Ahead(
            is_beside=is_beside or self._set_up.concerns(item), properties=len(item.user_properties)
        )
        if requirement is None or not run.offer.has(requirement.feature):
            return
        if self._threads is None:
            lanes, most = count(1), run.registry.at_once
            self._seats = Seats(most)
            self._threads = ThreadPoolExecutor(most, initializer=lambda: enter_lane(next(lanes)))
        run.transcript.begin(ahead.used)
        with self._beside() if is_beside else nullcontext():
            if not _set_up(item):
                return
        function: Any = item
        given = {name: function.funcargs[name] for name in signature(function.obj).parameters}
        run.under_way.count(1)
        ahead.act = self._threads.submit(self._judge, run, ahead.used, lambda: function.obj(**given))
        ahead.act.add_done_callback(lambda _: run.under_way.count(-1))
        self._under_way.add(ahead.act)

    def _judge(self, run: Run, used: Used, check: Callable[[], None]) -> _Outcome:
        """Run a check in this thread. What it used counts as evidence only where it passes."""
        own, outcome = Used(), _Outcome()
        began = time.monotonic()
        try:
            with self._beside(), run.transcript.beside(own):
                began = time.monotonic()
                check()
            outcome.passed = True
        except BaseException as error:  # noqa: BLE001 - it is judged again, and raises then
            expected = isinstance(error, Deviation | NotApplicable | NotJudged)
            outcome.is_strange = not expected or _has_server_error(own.exchanges.values())
            outcome.is_urgent = outcome.is_strange or may_be_rejection(error, own.exchanges.values())
        outcome.seconds = time.monotonic() - began
        if not outcome.passed:
            own.exchanges.clear()
        used.add(own)
        return outcome

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Let this thread act beside others: it can be stopped, and takes one of the seats that they share."""
        seats = self._seats
        seats.take()
        try:
            with stoppable(self._stop), seated(seats):
                yield
        finally:
            seats.leave()

    def _await_one(self) -> None:
        """Wait until one of the checks that are under way has ended."""
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        self._under_way -= done

    def _finish(self) -> None:
        """Wait until no check is under way."""
        while self._under_way:
            self._await_one()

    @contextmanager
    def _nothing_beside(self, run: Run, *, everywhere: bool) -> Iterator[None]:
        """Let what is done inside be alone in its process, and `everywhere` let no process run checks at once."""
        self._finish()
        run.under_way.want_quiet(int(everywhere))
        try:
            while everywhere and run.under_way.checks and not _is_closed(run.session.budget):
                time.sleep(PAUSE)
            yield
        finally:
            run.under_way.want_quiet(-int(everywhere))

    def _is_over(self, run: Run) -> bool:
        """Tell whether no check is to begin, in this process or beside others."""
        return run.under_way.is_to_be_quiet or self._stop.is_set() or _is_closed(run.session.budget)


def _set_up(item: pytest.Item) -> bool:
    """Set up the fixtures of a check, and keep those of the session; tell whether that worked.

    No hook is called: its turn comes later. Fixtures that it has got by then are not set up again.
    """
    state: Any = item.session._setupstate  # noqa: SLF001 - pytest has no public way to set up an item twice
    tear_down_for(item.session)
    made = pytest.CallInfo.from_call(
        lambda: state.setup(item), when="setup", reraise=(KeyboardInterrupt, pytest.exit.Exception)
    )
    tear_down_for(item.session)
    return made.excinfo is None


def _has_server_error(exchanges: Iterable[Exchange]) -> bool:
    return any((each.status or 0) >= SERVER_ERROR for each in exchanges)


def _is_closed(budget: Budget) -> bool:
    """Tell whether a limit of the run lets no further check be judged."""
    try:
        budget.require_open()
    except NotJudged:
        return True
    return False
