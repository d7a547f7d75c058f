"""Judges a server with a fault under a short load, which a few threads of this process make: Locust takes a second."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random
from socket import gethostname
from threading import Barrier, Thread
from typing import TYPE_CHECKING
from unittest.mock import patch

from conformance.checks.load import test_load
from conformance.histories.linearizability import judge
from conformance.kit import load
from conformance.kit.load import UnderLoad, offered_forms
from conformance.load import names
from conformance.load.behaviours import BEHAVIOURS
from conformance.load.conduct import Recorded
from conformance.load.names import Names
from conformance.load.record import Recorder
from conformance.load.visitor import Counted, Visitor
from conformance.profiles import under_load
from conformance.run import checks_run, setup
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from conformance.wire import Session
from reference_server.serving.in_process import ReferenceServer

from .matrix import LOAD
from .trial import RUN_ID

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.load.behaviours import Behaviour
    from conformance.report.check_result import CheckResult
    from conformance.run.run import Run
    from reference_server.faults import Fault

PUBLISHERS, ROUNDS = 12, 8
"""How many users publish at the same moment, and how often: enough of them to be a crowd."""

READERS = ("pip", "mirror", "uv", "pip")
"""What the other users behave as, as long as others publish."""

THINK, LONG_THINK = 0.02, 0.3
"""Seconds between two visits of a reader, and those where writers wait for seconds anyhow."""

LOOK = 0.2
"""Seconds that publishers wait for readers at most between two rounds: less than `QUIET`."""

SETTLE, PATIENT = 0.4, 1.5
"""How long pages may take to settle, and an upload to be answered where a fault lets it wait, in seconds."""

FEWEST = 50
"""How many of the uploads have to be answered for a judgement of the slowest ones."""

MOST_STEPS = 2_000_000
"""Steps of the search for an order: on a busy machine more requests overlap, and the search takes longer."""

STARVED = 2.25
"""Seconds that a fault that lets writers wait does so."""


class LoadTrial:
    """Judges a new server for each fault. What a run writes stays below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, fault: Fault) -> dict[str, CheckResult]:
        """Return the results of all requirements of load."""
        lets_wait = hasattr(fault, "seconds")
        if lets_wait:
            fault.seconds = STARVED  # type: ignore[attr-defined]  # it is there
        with (
            ReferenceServer(faults=[fault]) as server,
            tempfile.TemporaryDirectory(dir=self._folder) as folder,
            patch.object(tempfile, "tempdir", folder),
            patch.object(setup, "new_run_id", lambda: RUN_ID),
            patch.object(names, "this_moment", lambda: ROUNDS + 2),
            patch.object(test_load, "PATIENT", PATIENT if lets_wait else test_load.PATIENT),
            patch.object(test_load, "TIMES", 1),
            patch.object(load, "judge", partial(judge, most_steps=MOST_STEPS)),
            patch.object(test_load, "FEWEST", FEWEST),
        ):
            target = target_from_table(server.target(), embedded=True)
            result = checks_run.run_checks(
                replace(target, profile=under_load(target.profile)),
                RunOptions(settle=SETTLE, shrink=False, max_requests=100_000),
                Selection(only=LOAD),
                plugins=[UnderLoad(partial(_drive, think=LONG_THINK if lets_wait else THINK))],
            )
        return {each.id: each for each in result.results}


def _drive(run: Run, *, think: float) -> Recorded:
    recorder, visits = Recorder("threads", gethostname()), Counter[str]()
    barrier = Barrier(PUBLISHERS, partial(_await_readers, visits))
    writers = [
        Thread(target=_publish, args=(_visitor(run, recorder, f"twine {number}"), barrier))
        for number in range(PUBLISHERS)
    ]
    readers = [
        Thread(target=_read, args=(_visitor(run, recorder, f"{name} {number}"), name, writers, think, visits))
        for number, name in enumerate(READERS)
    ]
    for each in (*writers, *readers):
        each.start()
    for each in (*writers, *readers):
        each.join()
    return Recorded(batches=[recorder.batch(is_last=True)], ended="", clock=0.0)


def _visitor(run: Run, recorder: Recorder, who: str) -> Visitor:
    session = Session(transcript=Counted(), redact=run.redact, limits=run.options, budget=run.session.budget)
    return Visitor(
        who,
        target=run.target,
        session=session,
        ledger=run.ledger,
        names=Names(run.corpus.run_id, projects=2),
        recorder=recorder,
        random=Random(who),  # noqa: S311 - nothing secret
        forms=offered_forms(run),
    )


def _publish(visitor: Visitor, barrier: Barrier) -> None:
    """Publish with all others, as twine does, at moments that do not depend on the clock."""
    with contextlib.closing(visitor):
        for moment in range(ROUNDS):
            barrier.wait()
            visitor.upload(visitor.names.at(moment, visitor.random), alone=bool(moment % 2))


def _read(
    visitor: Visitor, behaviour: str, writers: list[Thread], think: float, visits: Counter[str]
) -> None:
    behaves: Behaviour = BEHAVIOURS[behaviour](visitor)
    with contextlib.closing(visitor):
        while any(each.is_alive() for each in writers):
            behaves.visit()
            visits[visitor.who] += 1
            time.sleep(think)


def _await_readers(visits: Counter[str]) -> None:
    """Wait between two rounds until readers have seen the last one: on a quick machine all rounds are over at once.

    Two visits of each: one of them may have begun before.
    """
    before, deadline = visits.copy(), time.monotonic() + LOOK
    while time.monotonic() < deadline:
        if len(visits) == len(READERS) and all(visits[who] >= before[who] + 2 for who in [*visits]):
            return
        time.sleep(0.005)
