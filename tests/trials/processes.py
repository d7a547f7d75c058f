"""Runs trials, each in a process of its own, so many at a time. Linux only: processes are forked."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import wait
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Trial = TypeVar("Trial")
Answer = TypeVar("Answer")

FORK = get_context("fork")
ENDING = 2.0
"""Seconds that a process may take to end after its answer."""
WAITING = 10
"""How many times its processor time a trial may take at most."""


@dataclass(frozen=True, kw_only=True)
class _Running(Generic[Trial]):
    """A trial on its way."""

    trial: Trial
    process: BaseProcess
    began: float

    def end(self) -> None:
        """End the process, if it has not ended."""
        self.process.join(ENDING)
        self.process.kill()
        self.process.join()

    @property
    def has_spent_its_time(self) -> bool:
        """Whether the process was ended because its processor time was over."""
        return self.process.exitcode in {-signal.SIGXCPU, -signal.SIGKILL}


def run_trials(
    trials: Iterable[Trial],
    work: Callable[[Trial], Answer],
    *,
    processes: int,
    seconds: float,
    report: Callable[[Trial, Answer, float], None],
    died: Answer,
    no_end: Answer,
) -> None:
    """Run trials, so many at a time; one that takes longer than these seconds of processor time is ended.

    On a busy machine any trial takes long: only one that waits `WAITING` times as long is stuck. `report` is called
    with trial, answer and seconds of each. `died` and `no_end` stand for the answer of a process that ended without
    one, or was ended.
    """
    running: dict[Connection, _Running[Trial]] = {}

    def collect() -> None:
        ready = wait(list(running), timeout=1)
        for connection, each in list(running.items()):
            took = monotonic() - each.began
            if connection in ready:
                try:
                    answer = connection.recv()
                    each.end()
                except EOFError:
                    each.end()
                    answer = no_end if each.has_spent_its_time else died
            elif took > seconds * WAITING:
                answer = no_end
                each.process.kill()
                each.end()
            else:
                continue
            del running[connection]
            report(each.trial, answer, took)

    for trial in trials:
        while len(running) >= processes:
            collect()
        ours, theirs = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_answer, args=(work, trial, theirs, ceil(seconds)))
        process.start()
        theirs.close()
        running[ours] = _Running(trial=trial, process=process, began=monotonic())
    while running:
        collect()


def _answer(work: Callable[[Trial], Answer], trial: Trial, answer: Connection, seconds: int) -> None:
    """Be the process of one trial, which ends after these seconds of processor time."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    be_quiet()
    answer.send(work(trial))


def be_quiet() -> None:
    """Send what this process prints nowhere, for good."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def in_a_process(function: Callable[..., object], *arguments: object) -> Any:
    """Return what a function returns in a forked process, which leaves this one as it is."""
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_answered, args=(function, arguments, theirs))
    process.start()
    theirs.close()
    try:
        result: Mapping[str, Any] = ours.recv()
    finally:
        process.join()
    if "error" in result:
        raise RuntimeError(result["error"])
    return result["value"]


def _answered(function: Callable[..., object], arguments: tuple[object, ...], answer: Connection) -> None:
    try:
        answer.send({"value": function(*arguments)})
    except BaseException as error:  # noqa: BLE001 - the caller raises it again
        answer.send({"error": repr(error)})
