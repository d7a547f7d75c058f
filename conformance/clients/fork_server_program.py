"""The program of a fork server: runs in the Python of a client, and forks for each run of the client.

It is run with `-c`, in any Python that a client may have, and imports nothing of the suite. Its arguments are the
module to run, the number of a socket, and lines of code to begin with, each left out where it fails. Each message on
the socket is a JSON table with `arguments`, `environment` and `directory`, and brings three descriptors: standard
output, standard error, and a socket for the answers, which are the number of the process and, at its end, its exit
code (negative for a signal).

A client takes most of its time to import its modules. What one run has imported, the next finds there: each run ends
with the names of its modules, and the server imports them before it forks again. The end of the socket ends it, and so
does a module that starts a thread: a fork has no other thread, and waits for ever for what one holds.
"""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import site
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

LONGEST = 1 << 20
"""Bytes of a message."""


def serve(requests: socket.socket) -> tuple[dict[str, Any], list[int], socket.socket]:
    """Fork for each message; return in each fork, with what it has to run."""
    learned, learning = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        ready, _, _ = select.select([requests, learned], [], [])
        reap()
        if learned in ready:
            learn(learned.recv(LONGEST).decode().split())
            continue
        message, descriptors = received(requests)
        if not message:
            end()
        if os.fork() == 0:
            requests.close()
            learned.close()
            return json.loads(message), descriptors, learning
        for descriptor in descriptors:
            os.close(descriptor)


def received(requests: socket.socket) -> tuple[bytes, list[int]]:
    """Return the next message and its descriptors; nothing at the end."""
    descriptors = array.array("i")
    message, ancillary, _, _ = requests.recvmsg(LONGEST, socket.CMSG_SPACE(3 * descriptors.itemsize))
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return message, descriptors.tolist()


def end() -> NoReturn:
    """End this process, and remove its folder."""
    shutil.rmtree(Path.cwd(), ignore_errors=True)
    raise SystemExit(0)


def reap() -> None:
    """Forget the forks that have ended; the system adds the time that they took to that of this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def begin(lines: str) -> None:
    """Do what every run would do first, and what has the same result each time."""
    for line in lines.splitlines():
        with suppress(Exception):  # the client says what is missing, if it needs it
            exec(line, {})  # noqa: S102 - the suite wrote it
    settle()


def learn(names: list[str]) -> None:
    """Import what a run has imported."""
    for name in names:
        with suppress(Exception):  # as above
            importlib.import_module(name)
    settle()


def settle() -> None:
    """Leave what there is to all forks as it is; end where none is safe."""
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208 - quicker, and as clear
        end()
    gc.collect()
    gc.freeze()


def fork_client(answer: int) -> None:
    """Fork; return in the client's process, and wait for its end in the other."""
    client = os.fork()
    if client == 0:
        os.setsid()  # no terminal, and a process group that can be killed
        # This fails where the one that asked has given up: a new interpreter runs.
        os.write(answer, b"%d" % os.getpid())
        return
    kill_with_reader(client, answer)
    _, status = os.waitpid(client, 0)
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    try:
        os.write(answer, b"%d" % code)
    finally:
        os._exit(0)


def kill_with_reader(client: int, answer: int) -> None:
    """Wait until the client has ended; kill it where the one that waits for the answer has ended before."""
    try:
        ended = os.pidfd_open(client)
    except (AttributeError, OSError):  # before Python 3.9, and before Linux 5.3
        return
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(answer, select.POLLHUP)
    if any(descriptor == answer for descriptor, _ in poll.poll()):
        try:
            os.killpg(client, signal.SIGKILL)
        except ProcessLookupError:  # it was so quick that the client has no group of its own yet
            os.kill(client, signal.SIGKILL)


def become_client(run: dict[str, Any], stdout: int, stderr: int, answer: int) -> None:
    """Turn this process into what `python -m` would be: its streams, environment, folder and path."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (stdout, 1), (stderr, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.close(answer)
    os.environ.clear()
    os.environ.update(run["environment"])
    os.chdir(run["directory"])
    time.tzset()
    tempfile.tempdir = site.USER_BASE = site.USER_SITE = None  # they follow the environment
    site.getusersitepackages()
    sys.path.insert(0, run["directory"])
    sys.argv[1:] = run["arguments"]
    if hasattr(sys, "orig_argv"):  # before Python 3.10
        sys.orig_argv[1:] = ["-m", sys.argv[0], *run["arguments"]]
    importlib.invalidate_caches()


def report_imports(learning: socket.socket) -> None:
    """Let this process end with the names of the modules that it has imported beyond the server's."""
    before = frozenset(sys.modules)

    def report() -> None:
        names = [name for name in sys.modules if name not in before and not name.startswith("__")]
        if names:
            try:
                learning.send(" ".join(names).encode())
            except OSError:  # the server has ended
                return

    atexit.register(report)


class Ending:
    """Ends a run as soon as all that was registered for its end is done, and leaves its memory to the system.

    Python itself would take every module apart, twice as long as a short run takes for all else. An exit code that is
    no number, an exception and output that cannot be written are left to Python.
    """

    def __init__(self) -> None:
        """Be the last of what is registered: nothing may be registered before."""
        self._code: int | None = None
        atexit.register(self._end)

    def run(self, module: str) -> None:
        """Run a module as `python -m` does."""
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            self._code = 0
        except SystemExit as ended:
            if ended.code is None or isinstance(ended.code, int):
                self._code = int(ended.code or 0)
            raise

    def _end(self) -> None:
        if self._code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self._code & 0xFF)


if __name__ == "__main__":
    ending = Ending()
    _, module, number, lines = sys.argv
    sys.argv[:] = [module]
    del sys.path[0]  # '' of `-c`
    begin(lines)
    run, descriptors, learning = serve(socket.socket(fileno=int(number)))
    fork_client(descriptors[2])
    become_client(run, *descriptors)
    report_imports(learning)
    ending.run(module)
