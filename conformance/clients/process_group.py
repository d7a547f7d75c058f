"""Starts a process in a group of its own, and kills it with all its descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Protocol

from conformance.wire.cpus import on_all_cpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _CREATION_FLAGS = 0


_RUNNING: set[int] = set()
"""The process groups of this process that may be running, for `kill_all`."""


class Process(Protocol):
    """A running process, the first of its group."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, once it was waited for."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""


def start(
    command: Sequence[str], *, stdout: IO[bytes], stderr: IO[bytes], env: Mapping[str, str], cwd: Path
) -> subprocess.Popen[bytes]:
    """Start `command` without input, in a new process group.

    Errors: OSError if there is no such program or directory.
    """
    with on_all_cpus():
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=env,
            cwd=cwd,
            # A new session has no terminal, so no prompt can appear there.
            start_new_session=True,
            creationflags=_CREATION_FLAGS,
        )
    running(process)
    return process


def running(process: Process) -> None:
    """Remember a process with a group of its own, for `kill_all`."""
    _RUNNING.add(process.pid)


def ended(process: Process) -> None:
    """Forget a process that was waited for: its number may be another's by now."""
    _RUNNING.discard(process.pid)


def kill_all() -> None:
    """Kill every process group that this process has started and that may be running."""
    if sys.platform != "win32":
        for group in tuple(_RUNNING):
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def kill(process: Process) -> None:
    """Kill `process`, which was not yet waited for, and its descendants, and wait for its end."""
    if sys.platform == "win32":
        taskkill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(taskkill, capture_output=True, check=False)
        if isinstance(process, subprocess.Popen):
            process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ended(process)
