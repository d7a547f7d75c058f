"""Runs a client and keeps its result."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypedDict, Unpack

from conformance.clients.fork_server import AVAILABLE, CannotForkError, LostProcessError, fork_server
from conformance.clients.process_group import ended, kill, running, start
from conformance.errors import UserError
from conformance.wire.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from conformance.clients.process_group import Process

KEPT_BYTES = 1_000_000
"""The number of bytes to keep of each output stream: its end, in whole lines."""

_NO_CONNECTION = re.compile(
    r"connection error: |\b(NewConnection|ConnectTimeout|ReadTimeout|ConnectionReset|NameResolution)Error\b"
    r"|\bRemoteDisconnected\b|\bconnection (refused|reset|aborted)\b|\btcp connect error\b|\btimed out\b",
    re.IGNORECASE,
)
"""How pip, twine and uv report a connection that failed: in the words of urllib3, and of the system."""

_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class ClientMissing(UserError):
    """A client cannot be started. This does not depend on the target."""

    def __init__(self, client: str, *, cause: str, hint: str) -> None:
        super().__init__(f"{client} cannot be started: {cause}", hint)
        self.client = client
        self.cause = cause

    def __str__(self) -> str:
        """Return the cause and the hint in one line."""
        return f"{self.message}. {self.hint}"


@dataclass(frozen=True, kw_only=True)
class ClientRun:
    """The result of a client. `command`, `stdout` and `stderr` are redacted; `duration` is in seconds.

    `exit_code` is that of the system, and meaningless after a timeout.
    """

    client: str
    version: str
    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    duration: float
    timed_out: bool
    log: str = ""
    """What the client wrote to its log file, redacted; empty for clients without one."""

    @property
    def succeeded(self) -> bool:
        """Whether the client ended in time with exit code 0."""
        return self.exit_code == 0 and not self.timed_out

    @property
    def failed_connection(self) -> str:
        """The line that tells why the client had no connection; empty where it succeeded, or says nothing of one."""
        if self.succeeded:
            return ""
        lines = self.output_and_log.splitlines()
        return next((line.strip() for line in lines if _NO_CONNECTION.search(line)), "")

    @property
    def output(self) -> str:
        """Both streams, standard output first."""
        return self.stdout + self.stderr

    @property
    def output_and_log(self) -> str:
        """Both streams and the log: older versions of pip write the status of a refused page to their log alone."""
        return self.output + self.log

    def says(self, text: str) -> bool:
        """Return whether `text` is in the output, regardless of line breaks."""
        return _unspaced(text) in _unspaced(self.output)

    def __str__(self) -> str:
        ending = "timed out" if self.timed_out else f"exit {self.exit_code}"
        return f"{self.client} {self.version}: {ending} after {self.duration:.1f} s\n{self.output}"


def execute(
    command: Sequence[str],
    *,
    client: str,
    version: str,
    environment: Mapping[str, str],
    directory: Path,
    timeout: float,
    secrets: Iterable[tuple[str, str]] = (),
    log: str = "",
    warm_up: str | None = None,
) -> ClientRun:
    """Run `command` in `directory` with exactly `environment` and no input.

    In: `timeout` in seconds, after which the process and its descendants are killed; `secrets`, pairs of user name
    and password to redact in the result; `log`, the file in `directory` that the client logs to; `warm_up`, lines of
    code with which the fork server of the command begins, which is `PYTHON -m MODULE …` then (default: no forks).
    Errors: ClientMissing if the command cannot be started, or nothing says how it ended.
    """
    redact = Redactor(secrets)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        begin = time.perf_counter()
        try:
            process = _started(command, warm_up, stdout=stdout, stderr=stderr, env=environment, cwd=directory)
            timed_out = not _ended(process, within=timeout)
        except OSError as error:
            lost = isinstance(error, LostProcessError)
            hint = "Does --plain-clients help?" if lost else "Is that the path of a program?"
            raise ClientMissing(client, cause=str(error), hint=hint) from error
        return ClientRun(
            client=client,
            version=version,
            command=tuple(redact(argument) for argument in command),
            exit_code=process.wait(),
            stdout=_kept(stdout, redact),
            stderr=_kept(stderr, redact),
            duration=time.perf_counter() - begin,
            timed_out=timed_out,
            log=_logged(directory / log, redact) if log else "",
        )


def _started(
    command: Sequence[str], warm_up: str | None, **streams_and_place: Unpack[_Surroundings]
) -> Process:
    """Fork a process, where that is asked for and possible; start one otherwise."""
    if warm_up is not None and AVAILABLE:
        python, _, module, *arguments = command
        try:
            process = fork_server(python, module, warm_up).start(arguments, **streams_and_place)
        except CannotForkError:
            pass
        else:
            running(process)
            return process
    return start(command, **streams_and_place)


class _Surroundings(TypedDict):
    stdout: IO[bytes]
    stderr: IO[bytes]
    env: Mapping[str, str]
    cwd: Path


def _ended(process: Process, *, within: float) -> bool:
    """Return whether `process` ends `within` seconds. It is killed otherwise."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    else:
        ended(process)
        return True
    finally:
        if process.returncode is None:  # also when the wait was interrupted
            kill(process)


def _kept(stream: IO[bytes], redact: Redactor) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - KEPT_BYTES))
    text = stream.read().decode("utf-8", errors="replace")
    if size > KEPT_BYTES:  # the incomplete first line may begin within a secret
        text = f"[cut: the end of {size} bytes]\n" + text.partition("\n")[2]
    lines = _TERMINAL_CODES.sub("", text).splitlines()
    return redact("".join(f"{line.rstrip()}\n" for line in lines))


def _logged(path: Path, redact: Redactor) -> str:
    """Return the end of a log; nothing where the client has not begun one."""
    try:
        with path.open("rb") as stream:
            return _kept(stream, redact)
    except OSError:
        return ""


def _unspaced(text: str) -> str:
    return "".join(text.split())
