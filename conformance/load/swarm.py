"""Users in Locust's processes: one process, or a master with its workers, by Locust's own protocol."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import gevent
import msgspec
from locust import events
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import MasterRunner

from conformance.corpus.ledger import Ledger
from conformance.errors import ExitCode, UserError
from conformance.load.names import Names
from conformance.load.ports import cannot_listen, require_free_port
from conformance.load.progress import Progress
from conformance.load.record import Batch, Record, Recorder, incomplete, percentile
from conformance.load.record import unpacked as unpacked_batch
from conformance.load.task import LoadSettings, Role, now
from conformance.load.users import PATIENCE, user_classes
from conformance.load.visitor import Counted, Visitor
from conformance.target import target_from_table
from conformance.verdicts.options import unpacked
from conformance.wire import Budget, Redactor, Session
from conformance.wire.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import LocalRunner

    from conformance.load.record import Sample
    from conformance.load.task import Task
    from conformance.verdicts import NotJudged

RUN = "registry-run"
"""The message with which a master tells its workers which run they take part in."""

BATCH = "registry-batch"
"""The key of a worker's report that holds what its users have recorded."""

TICK = 0.1
"""Seconds between two looks at how late this process is."""

PROGRESS = 5.0
"""Seconds between two lines of progress."""


class Swarm:
    """One process of a load."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.settings = task.settings
        self._names = Names(task.run_id, task.settings.projects)
        self._ledger = Ledger(Path(task.ledger))
        host = socket.gethostname()
        self._recorder = Recorder(f"{host}:{os.getpid()}", host, each_sample=self._count_for_page)
        self._target = target_from_table(task.target, embedded=task.embedded)
        options = unpacked(task.options)
        account = Account(Path(task.budget)) if task.budget else None
        self._session = Session(
            transcript=Counted(),
            redact=Redactor(self._target.secrets),
            limits=options,
            ca_bundle=options.ca_bundle,
            budget=Budget(options, per_deletion=task.per_deletion, account=account),
        )
        self._forms = task.forms
        self._batches: list[Batch] = []
        self._progress = Progress()
        self._visitors = 0
        self._ended = ""
        self._stopped = False
        self._lags: list[float] = []
        users = user_classes(self, is_worker=task.role is Role.WORKER)
        self._environment = Environment(user_classes=users, events=events)
        self._environment.stop_timeout = PATIENCE

    def run(self) -> None:
        """Drive the users, or follow a master; write the record where the task says so."""
        gevent.signal_handler(signal.SIGTERM, self._interrupt)
        gevent.spawn(self._watch)
        runs = {Role.LOCAL: self._run_alone, Role.MASTER: self._run_as_master, Role.WORKER: self._follow}
        refusal = None
        try:
            runs[self._task.role]()
        except UserError as error:
            refusal = (error.message, error.hint)
        if self._task.out:
            record = Record(ended=self._ended, batches=self._batches, refusal=refusal)
            Path(self._task.out).write_bytes(msgspec.msgpack.encode(record))
        if refusal:
            os._exit(ExitCode.USAGE)  # what Locust has begun may go on

    def _interrupt(self) -> None:
        """End this process; a master ends its workers first, wherever they are: they would go on publishing."""
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            _quit_workers(runner)
            gevent.sleep(TICK)
        os._exit(1)

    def visitor(self, behaviour: str) -> Visitor:
        """Return a new user."""
        self._visitors += 1
        return Visitor(
            f"{behaviour} {self._visitors}",
            target=self._target,
            session=self._session.twin(),
            ledger=self._ledger_of_run(),
            names=self._names,
            recorder=self._recorder,
            random=Random(),  # noqa: S311 - nothing secret
            clock=self._now,
            forms=self._forms,
            beyond=self.settings.beyond,
        )

    def _ledger_of_run(self) -> Ledger:
        """Return the ledger of the run that this process takes part in, which all its users share."""
        path = Path(self._task.ledger).with_stem(self._names.run_id)
        if self._ledger.path != path:
            self._ledger = Ledger(path)
        return self._ledger

    def _count_for_page(self, sample: Sample) -> None:
        """Let Locust count a request, which its page shows."""
        if self.settings.web:
            fire: Any = events.request.fire  # Locust has no types for it
            fire(
                request_type=sample.purpose,
                name=sample.purpose,
                response_time=sample.seconds * 1000,
                response_length=0,
                exception=RuntimeError(f"status {sample.status}") if sample.failed else None,
            )

    def _now(self) -> float:
        return now(self._task.clock)

    def give_up(self, error: NotJudged) -> None:
        """End the load before its time."""
        self._ended = self._ended or str(error)

    def count_arrival(self, begins: bool) -> None:  # noqa: FBT001 - its only argument
        """Count a client of an open load, whose visit begins or finds no room."""
        self._recorder.count_arrival(self._now(), begins=begins)

    def _run_alone(self) -> None:
        runner = self._environment.create_local_runner()
        self._drive(runner)
        self._keep(self._batch(is_last=True))

    def _run_as_master(self) -> None:
        settings = self.settings
        runner = self._master()
        _listen(events.worker_report, self._take)
        deadline = time.monotonic() + PATIENCE
        while len(runner.clients.ready) < settings.expect_workers:
            if time.monotonic() > deadline:
                self._ended = f"{len(runner.clients.ready)} of {settings.expect_workers} workers came"
                runner.quit()
                return
            gevent.sleep(TICK)
        about = {
            "run_id": self._names.run_id,
            "forms": self._forms,
            "settings": msgspec.to_builtins(settings),
        }
        runner.send_message(RUN, about)
        self._drive(runner)

    def _master(self) -> MasterRunner:
        """Listen for workers. Raises UserError where the port was taken meanwhile."""
        host, port = self.settings.host, self.settings.port
        try:
            return self._environment.create_master_runner(host, port)
        except RPCError as error:
            why = str(getattr(error.__context__, "strerror", error))
            hint = "Run the load again, or give another --master-port."
            raise cannot_listen(port, why, hint) from None

    def _show_page(self) -> None:
        """Show Locust's own page where it is wanted. Its button for the end ends the load.

        Raises UserError where the port was taken meanwhile.
        """
        if not self.settings.web:
            return
        host, port = "127.0.0.1", self.settings.web
        require_free_port(host, port, option="--web")
        page = self._environment.create_web_ui(host, port)
        while not (page.server and page.server.started):
            if page.greenlet is None or page.greenlet.ready():
                raise cannot_listen(port, "another program took it", "Give another --web.")
            gevent.sleep(TICK)
        _listen(events.test_stop, self._stop_from_page)

    def _stop_from_page(self, **_: Any) -> None:
        if not self._stopped:
            self._ended = self._ended or "the load was stopped on Locust's page"

    def _drive(self, runner: LocalRunner | MasterRunner) -> None:
        settings = self.settings
        self._show_page()
        if settings.arrivals:
            runner.start(settings.sources, spawn_rate=settings.sources)
        else:
            runner.start(settings.users, spawn_rate=settings.begun_per_second)
        started = time.monotonic()
        shown = started
        while (moment := time.monotonic()) < started + settings.seconds and not self._ended:
            if moment >= shown + PROGRESS:
                shown = moment
                self._show(moment - started)
            gevent.sleep(TICK)
        self._end(runner)

    def _end(self, runner: LocalRunner | MasterRunner) -> None:
        """End every user, and wait for what the workers have recorded last.

        A master that stops its workers forgets them until they are ready again, and would not reach them with `quit`.
        """
        self._stopped = True
        if isinstance(runner, MasterRunner):
            _quit_workers(runner)
            deadline = time.monotonic() + PATIENCE
            while incomplete(self._batches) and time.monotonic() < deadline:
                gevent.sleep(TICK)
        runner.quit()

    def _show(self, seconds: float) -> None:
        """Print a line of progress."""
        if self._task.role is Role.LOCAL:
            self._keep(self._batch())
        print(self._progress.line(seconds), file=sys.stderr, flush=True)

    def _keep(self, batch: Batch) -> None:
        self._batches.append(batch)
        self._progress.add(batch.samples)

    def _follow(self) -> None:
        settings = self.settings
        runner = self._environment.create_worker_runner(settings.host, settings.port)
        runner.register_message(RUN, self._join)
        _listen(events.report_to_master, self._report)
        _listen(events.test_stop, self._note_stop)
        runner.greenlet.join()

    def _join(self, msg: Any, **_: Any) -> None:
        """Take part in the load of a master, as it was asked for there; what this machine may reach is its own."""
        given = msgspec.convert(msg.data["settings"], LoadSettings)
        self.settings = msgspec.structs.replace(given, beyond=self.settings.beyond)
        self._names = Names(str(msg.data["run_id"]), self.settings.projects)
        self._forms = tuple(map(str, msg.data["forms"]))

    def _note_stop(self, **_: Any) -> None:
        self._stopped = True

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        batch = msgspec.structs.replace(self._batch(is_last=self._stopped), sent=self._now())
        data[BATCH] = batch.packed()
        data["registry-ended"] = self._ended

    def _take(self, data: dict[str, Any], **_: Any) -> None:
        batch = unpacked_batch(data.pop(BATCH))
        self._keep(msgspec.structs.replace(batch, skew=self._now() - batch.sent))
        self._ended = self._ended or data.pop("registry-ended")

    def _batch(self, *, is_last: bool = False) -> Batch:
        self._recorder.lag = percentile(self._lags, 0.99)
        return self._recorder.batch(is_last=is_last)

    def _watch(self) -> None:
        """Measure how late this process is, and end with the one that started it."""
        while True:
            before = time.monotonic()
            gevent.sleep(TICK)
            self._lags.append(time.monotonic() - before - TICK)
            if self._task.parent and os.getppid() != self._task.parent:
                os._exit(1)


def _quit_workers(runner: MasterRunner) -> None:
    message: Any = Message  # Locust has no types for it
    for client in runner.clients.all:
        runner.server.send_to_client(message("quit", None, client.id))


def _listen(event: Any, listener: Callable[..., None]) -> None:
    event.add_listener(listener)  # Locust's own types do not say what it takes
