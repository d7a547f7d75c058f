"""Starts the processes of a load, waits for their end, and takes over what they have recorded."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from conformance.errors import ExitCode, UserError
from conformance.errors.extras import require_extra
from conformance.load.record import Batch, Record, incomplete
from conformance.load.task import LoadSettings, Role, Task, clock_of_this_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.corpus.ledger import Ledger
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions

GRACE = 120.0
"""Seconds that the processes may take beyond the load itself: to start, to meet, and to end the last visits."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the processes of a load have recorded, and why it ended before its time.

    `incomplete` is the error of a record that lacks something: it may be cleaned up after, and not be judged.
    """

    batches: Sequence[Batch]
    ended: str
    clock: float
    incomplete: UserError | None = None


@dataclass(frozen=True, kw_only=True)
class Conductor:
    """Drives a load at a target.

    `forms` are the media types that pages come in. `budget` is the path of the account that the run shares; it keeps
    `per_deletion` requests for each upload.
    """

    settings: LoadSettings
    target: Target
    options: RunOptions
    ledger: Ledger
    forms: tuple[str, ...] = ()
    budget: Path | None = None
    per_deletion: int = 0

    def drive(self) -> Recorded:
        """Drive the load from this machine, and from those whose workers come. Raises UserError."""
        require_locust()
        clock = clock_of_this_machine()
        with tempfile.TemporaryDirectory(prefix="registry-conformance-") as folder:
            out = Path(folder) / "record"
            self._run(self._tasks(clock, out))
            if not out.exists():
                raise UserError("the load ended without a record", exit_code=ExitCode.HARNESS_ERROR)
            record = msgspec.msgpack.decode(out.read_bytes(), type=Record)
        if record.refusal:
            raise UserError(*record.refusal)
        return Recorded(
            batches=record.batches,
            ended=record.ended,
            clock=clock,
            incomplete=_incomplete(record.batches, self._expected),
        )

    def follow(self) -> None:
        """Take part in the load of a master on another machine, until it ends."""
        require_locust()
        worker = self._task(Role.WORKER, clock_of_this_machine())
        self._run([worker] * self.settings.processes)

    @property
    def _expected(self) -> int:
        """How many workers a master waits for; 0 where one process does everything."""
        own = self.settings.processes if self.settings.processes > 1 else 0
        return max(self.settings.expect_workers, own)

    def _tasks(self, clock: float, out: Path) -> list[Task]:
        if not self._expected:
            return [self._task(Role.LOCAL, clock, out)]
        master = self._task(Role.MASTER, clock, out)
        own = 0 if self.settings.expect_workers else self.settings.processes
        return [master, *[self._task(Role.WORKER, clock)] * own]

    def _task(self, role: Role, clock: float, out: Path | None = None) -> Task:
        return Task(
            role=role,
            settings=msgspec.structs.replace(self.settings, expect_workers=self._expected),
            run_id=self.ledger.run_id,
            target=self.target.as_table(),
            embedded=self.target.embedded,
            options=self.options.packed(),
            ledger=str(self.ledger.path),
            clock=clock,
            forms=self.forms,
            budget=str(self.budget or ""),
            per_deletion=self.per_deletion,
            out=str(out or ""),
            parent=os.getpid(),
        )

    def _run(self, tasks: Iterable[Task]) -> None:
        """Run a process for each task; end them all with the first one, which the others follow.

        Where that one could not begin, they have nothing to wait for.
        """
        processes = [_started(task) for task in tasks]
        try:
            limit = None if self._waits_for_others else self.settings.seconds + GRACE
            refused = processes[0].wait(timeout=limit) == ExitCode.USAGE
            for each in [] if refused else processes[1:]:
                each.wait(timeout=GRACE)
        except subprocess.TimeoutExpired as error:
            raise UserError("the load did not end in time", exit_code=ExitCode.HARNESS_ERROR) from error
        finally:
            for each in processes:
                each.terminate()
            for each in processes:
                _end(each)

    @property
    def _waits_for_others(self) -> bool:
        return bool(self.settings.expect_workers) or self.settings.host != "127.0.0.1"


def require_locust() -> None:
    """Raise UserError where Locust is not installed."""
    require_extra("load", "a load needs locust, which is not installed")


def _started(task: Task) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance.load.process"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # an interruption is for the run to obey: it ends its processes before it cleans up
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    process.stdin.write(task.packed())
    process.stdin.close()
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _incomplete(batches: Sequence[Batch], expected: int) -> UserError | None:
    """Return the error of a record in which a process lacks a batch: its uploads would look like ghosts."""
    unfinished = incomplete(batches)
    complete = {each.process for each in batches} - unfinished
    expected = max(1, expected)
    if not unfinished and len(complete) >= expected:
        return None
    return UserError(
        f"{max(1, expected - len(complete))} of {expected} load processes did not finish their record",
        "The results are incomplete. Run the load again.",
        ExitCode.HARNESS_ERROR,
    )
