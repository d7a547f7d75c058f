"""Judges a server with a fault under a short load, which a few threads of this process make: Locust takes a second."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import replace
from random import Random
from threading import Thread
from typing import TYPE_CHECKING
from unittest.mock import patch

from conformance.checks.load import test_load
from conformance.kit.load import UnderLoad
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

USERS = ("twine",) * 14 + ("pip", "mirror", "pip", "uv", "pip")
"""What each thread behaves as: enough of them meet to be a crowd."""

SECONDS, PERIOD, SETTLE, PATIENT = 0.9, 0.12, 0.4, 1.5
"""How long the load lasts and how often its users meet, how long pages may take to settle, and an upload to answer."""

STARVED = 3.0
"""Seconds that a fault that lets writers wait does so."""


class LoadTrial:
    """Judges a new server for each fault. What a run writes stays below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, fault: Fault) -> dict[str, CheckResult]:
        """Return the results of all requirements of load."""
        if hasattr(fault, "seconds"):
            fault.seconds = STARVED
        with (
            ReferenceServer(faults=[fault]) as server,
            tempfile.TemporaryDirectory(dir=self._folder) as folder,
            patch.object(tempfile, "tempdir", folder),
            patch.object(setup, "new_run_id", lambda: RUN_ID),
            patch.object(names, "PERIOD", PERIOD),
            patch.object(test_load, "PATIENT", PATIENT),
            patch.object(test_load, "TIMES", 1),
        ):
            target = target_from_table(server.target(), embedded=True)
            result = checks_run.run_checks(
                replace(target, profile=under_load(target.profile)),
                RunOptions(settle=SETTLE, shrink=False, max_requests=100_000),
                Selection(only=LOAD),
                plugins=[UnderLoad(_drive)],
            )
        return {each.id: each for each in result.results}


def _drive(run: Run) -> Recorded:
    recorder = Recorder("threads", "here")
    until = time.monotonic() + SECONDS
    threads = [
        Thread(target=_behave, args=(_visitor(run, recorder, number, behaviour), behaviour, until))
        for number, behaviour in enumerate(USERS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Recorded(batches=[recorder.batch(is_last=True)], ended="", clock=0.0)


def _visitor(run: Run, recorder: Recorder, number: int, behaviour: str) -> Visitor:
    session = Session(transcript=Counted(), redact=run.redact, limits=run.options, budget=run.session.budget)
    return Visitor(
        f"{behaviour} {number}",
        target=run.target,
        session=session,
        ledger=run.ledger,
        names=Names(run.corpus.run_id, projects=2),
        recorder=recorder,
        random=Random(number),  # noqa: S311 - nothing secret
    )


def _behave(visitor: Visitor, behaviour: str, until: float) -> None:
    behaves: Behaviour = BEHAVIOURS[behaviour](visitor)
    with contextlib.closing(visitor):
        while time.monotonic() < until:
            behaves.visit()
