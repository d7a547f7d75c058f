"""Runs a client from a process that has imported its modules: in a fraction of the time of a new interpreter.

The process is that of the client's own Python, one per client, started when it is first used. Exit codes, output and
requests are those of `python -m`: tests compare them. Two things are those of the server for all of its runs: the order
of sets (one PYTHONHASHSEED), and what a client computes from HOME when it is imported (pip's cache directory, which the
driver switches off). A client that computes more, as poetry does, is never forked.
"""

from __future__ import annotations

import array
import atexit
import json
import re
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

from conformance.clients.environment import hermetic
from conformance.wire.cpus import on_all_cpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AVAILABLE = sys.platform == "linux"
"""Other systems have no fork, or libraries that do not bear one."""

PATIENCE = 30.0
"""Seconds for a fork, which takes milliseconds."""

READ_BY_RUNS = re.compile(
    r"(HOME|USERPROFILE|(LOCAL)?APPDATA|TMPDIR|TE?MP|(NO|HTTPS?|ALL)_PROXY|REQUESTS_CA_BUNDLE|SSL_CERT_FILE"
    r"|PYTHON_KEYRING_BACKEND|PIP_\w+|TWINE_\w+)"
)
"""Environment variables that a client reads in each run. Python and libraries read others once, at their start."""


class CannotForkError(Exception):
    """A fork server does not answer. A new interpreter does as well."""


class LostProcessError(OSError):
    """The process that waited for a client has ended before it."""


@dataclass
class ForkedProcess:
    """A run of a client, with the members of `subprocess.Popen` that a waiter needs."""

    pid: int
    _answers: socket.socket = field(repr=False)
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code.

        Raises subprocess.TimeoutExpired, and LostProcessError where nothing can say how it ended.
        """
        if self.returncode is None:
            try:
                answer = self._received(timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._answers.close()
            if not answer:
                raise LostProcessError("the process that waits for it has ended")
            self.returncode = int(answer)
        return self.returncode

    def _received(self, timeout: float | None) -> bytes:
        """Return the next answer; nothing where none will come."""
        if self._answers.fileno() < 0:
            return b""
        self._answers.settimeout(timeout)
        return self._answers.recv(64)


class ForkServer:
    """A process that runs `python -m MODULE` by forks. Errors: OSError if there is no such Python."""

    def __init__(self, python: str, module: str, warm_up: str = "") -> None:
        """Start it; `warm_up` are lines of code that each run would begin with."""
        home = Path(tempfile.mkdtemp(prefix=f"{module}-server-"))  # the server removes it
        self._environment = hermetic(home)
        self._requests, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._sending = Lock()
        program = files("conformance.clients").joinpath("fork_server_program.py").read_text(encoding="utf-8")
        with theirs, on_all_cpus():
            try:
                self._process = subprocess.Popen(
                    [python, "-c", program, module, str(theirs.fileno()), warm_up],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=self._environment,
                    cwd=home,
                    start_new_session=True,
                )
            except OSError:
                self._requests.close()
                home.rmdir()
                raise

    def start(
        self,
        arguments: Sequence[str],
        *,
        stdout: IO[bytes],
        stderr: IO[bytes],
        env: Mapping[str, str],
        cwd: Path,
    ) -> ForkedProcess:
        """Run the module with these arguments, and without input, in a process group of its own.

        Raises CannotForkError, also where a variable differs that was read at the start of the server.
        """
        if any(not READ_BY_RUNS.fullmatch(name) for name, _ in env.items() ^ self._environment.items()):
            raise CannotForkError
        table = {"arguments": list(arguments), "environment": dict(env), "directory": str(cwd)}
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._send(json.dumps(table).encode(), [stdout.fileno(), stderr.fileno(), theirs.fileno()])
            ours.settimeout(PATIENCE)
            return ForkedProcess(int(ours.recv(64)), ours)
        except (OSError, ValueError) as error:
            # The message is too long, the answer does not come in time, or the server has ended.
            ours.close()
            raise CannotForkError from error

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        with self._sending:
            self._requests.sendmsg([message], [rights])

    def stop(self) -> None:
        """End the server; runs that have not ended go on."""
        self._requests.close()
        self._process.wait()


@cache
def fork_server(python: str, module: str, warm_up: str = "") -> ForkServer:
    """Return the fork server of a client in this process: the first call starts it. Errors: OSError."""
    server = ForkServer(python, module, warm_up)
    atexit.register(server.stop)
    return server
