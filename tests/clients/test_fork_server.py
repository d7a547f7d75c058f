"""A fork of a client's process begins and ends as a new interpreter does, and never outlives its run."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from conformance.clients import ClientMissing, execute, hermetic
from conformance.clients.fork_server import AVAILABLE, CannotForkError, ForkServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.clients import ClientRun

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not AVAILABLE, reason="there are no fork servers on this system"),
    pytest.mark.xdist_group("fork-server"),
]


def run_module(server: ForkServer, folder: Path, code: str, timeout: float = 30) -> tuple[int, str]:
    """Run a program by a fork server of its module, and return its exit code and what it printed."""
    (folder / "fork_me.py").write_text(code, encoding="utf-8")
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = server.start(["a", "b"], stdout=stdout, stderr=stderr, env=hermetic(folder), cwd=folder)
        ending = process.wait(timeout)
        stdout.seek(0)
        return ending, stdout.read().decode()


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """A fork server of a module that is found in the current folder."""
    started = ForkServer(sys.executable, "fork_me")
    yield started
    started.stop()


@pytest.mark.parametrize(
    ("code", "ending", "printed"),
    [
        ("import sys; print(sys.argv[1:])", 0, "['a', 'b']\n"),
        ("import sys; print(sys.path[0] == __import__('os').getcwd())", 0, "True\n"),
        ("import sys; sys.exit(3)", 3, ""),
        ("print(__name__, flush=True); raise ValueError", 1, "__main__\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import os; print(os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid())", 0, "True True\n"),
        ("import sys; print(repr(sys.stdin.read()))", 0, "''\n"),
        ("import atexit; atexit.register(print, 'at the end')", 0, "at the end\n"),
        ("import tempfile, os; print(tempfile.gettempdir() == os.environ['TMPDIR'])", 0, "True\n"),
        ("import subprocess, sys; print(subprocess.run([sys.executable, '-c', '']).returncode)", 0, "0\n"),
        ("import sys; print('begun'); sys.exit('a text')", 1, "begun\n"),
        ("import sys; sys.exit(-1)", 255, ""),
        ("import os; print('lost'); os._exit(7)", 7, ""),
        ("raise KeyboardInterrupt", -signal.SIGINT, ""),
        ("import signal; print(*(signal.getsignal(each).name for each in (17, 15)))", 0, "SIG_DFL SIG_DFL\n"),
        ("import threading; threading.Timer(0.05, print, ['late']).start()", 0, "late\n"),
        ("import sys; print(sys.orig_argv[1:])", 0, "['-m', 'fork_me', 'a', 'b']\n"),
        ("import site, os; print(site.USER_BASE.startswith(os.environ['HOME']))", 0, "True\n"),
    ],
)
def test_a_fork_begins_and_ends_as_a_process(
    code: str, ending: int, printed: str, server: ForkServer, tmp_path: Path
) -> None:
    assert run_module(server, tmp_path, code) == (ending, printed)


@pytest.mark.parametrize(
    "variable", [{"PYTHONHASHSEED": "1"}, {"LC_ALL": "C"}, {"LD_PRELOAD": ""}, {"SSLKEYLOGFILE": "keys"}]
)
def test_what_python_reads_at_its_start_is_left_to_a_new_interpreter(
    variable: dict[str, str], server: ForkServer, tmp_path: Path
) -> None:
    with tempfile.TemporaryFile() as stream, pytest.raises(CannotForkError):
        server.start([], stdout=stream, stderr=stream, env=hermetic(tmp_path) | variable, cwd=tmp_path)


def test_a_server_with_a_thread_of_its_own_ends(tmp_path: Path) -> None:
    threaded = ForkServer(
        sys.executable,
        "fork_me",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
    )
    with pytest.raises(CannotForkError):
        run_module(threaded, tmp_path, "print('begun')")
    threaded.stop()
    assert not os.path.exists(threaded._environment["HOME"])  # noqa: PTH110 - as it is kept


def test_a_run_that_was_given_up_does_not_begin_later(
    server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    os.kill(server._process.pid, signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr("conformance.clients.fork_server.PATIENCE", 0.05)
        with pytest.raises(CannotForkError):
            run_module(server, tmp_path, f"open({str(begun)!r}, 'w')")
    os.kill(server._process.pid, signal.SIGCONT)
    assert run_module(server, tmp_path, "print('the next')") == (0, "the next\n")
    server.stop()
    assert not begun.exists()


def test_a_run_finds_what_an_earlier_one_has_imported(server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    code = "import sys; print('wave' in sys.modules); import wave"
    assert run_module(server, tmp_path, code) == (0, "False\n")
    while run_module(server, tmp_path, code) == (0, "False\n"):  # it learns when it is idle
        continue
    assert run_module(server, tmp_path, code) == (0, "True\n")


def run_forked(code: str, folder: Path, *arguments: str, timeout: float = 60) -> ClientRun:
    """Run a program as clients are run."""
    (folder / "fork_me.py").write_text(code, encoding="utf-8")
    return execute(
        [sys.executable, "-m", "fork_me", *arguments],
        client="fork_me",
        version="1",
        environment=hermetic(folder),
        directory=folder,
        timeout=timeout,
        warm_up="",
    )


def test_a_client_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    run = run_forked("import time; time.sleep(600)", tmp_path, timeout=1)
    assert run.timed_out
    assert run.exit_code == -signal.SIGKILL


LOCKING = """
import fcntl, os, time
fcntl.flock(open("lock", "w"), fcntl.LOCK_EX)
os.fork()
time.sleep(600)
"""
"""Locks a file together with a process that it starts."""


def is_free(lock: Path) -> bool:
    """Return whether, within some time, no process has the file locked."""
    with lock.open("w") as file:
        for _ in range(600):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return True
    return False


def test_what_a_client_has_started_is_killed_with_it(tmp_path: Path) -> None:
    code = LOCKING.replace("time.sleep", "open('locked', 'w'); time.sleep")
    assert run_forked(code, tmp_path, timeout=3).timed_out
    assert (tmp_path / "locked").exists(), "it never began"
    assert is_free(tmp_path / "lock")


def test_nothing_is_said_of_a_client_whose_end_nobody_saw(tmp_path: Path) -> None:
    """An exit code that is made up would accuse the registry."""
    code = "import os, signal; os.kill(os.getppid(), signal.SIGKILL);" + LOCKING
    with pytest.raises(ClientMissing, match="--plain-clients"):
        run_forked(code, tmp_path)
    assert is_free(tmp_path / "lock")


def test_server_and_clients_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """However it ends: SIGKILL leaves it no time for anything."""
    (tmp_path / "fork_me.py").write_text(LOCKING)
    starter = textwrap.dedent(f"""
        import pathlib, sys
        from conformance.clients import hermetic
        from conformance.clients.fork_server import ForkServer
        folder = pathlib.Path({str(tmp_path)!r})
        server = ForkServer(sys.executable, "fork_me")
        run = server.start([], stdout=sys.stderr, stderr=sys.stderr, env=hermetic(folder), cwd=folder)
        print(server._process.pid, run.pid, server._environment["HOME"], flush=True)
        run.wait()
    """)
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        *numbers, home = process.stdout.readline().split()
        descriptors = [os.pidfd_open(int(number)) for number in numbers]
        process.kill()
    for descriptor in descriptors:
        with open(descriptor, "rb") as ended:  # noqa: PTH123 - it has no path
            assert select.select([ended], [], [], 60)[0]
    assert is_free(tmp_path / "lock")
    assert not os.path.exists(home)  # noqa: PTH110 - a word of another process


def test_a_client_ends_with_the_process_that_waits_for_it(server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "fork_me.py").write_text("import time; time.sleep(600)")
    with tempfile.TemporaryFile() as stream:
        process = server.start([], stdout=stream, stderr=stream, env=hermetic(tmp_path), cwd=tmp_path)
        descriptor = os.pidfd_open(process.pid)
        process._answers.close()  # as the system does at the end of a process
        with open(descriptor, "rb") as ended:  # noqa: PTH123 - it has no path
            assert select.select([ended], [], [], 30)[0]


def test_where_a_server_has_ended_a_new_interpreter_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ForkServer(sys.executable, "fork_me")
    server.stop()
    with tempfile.TemporaryFile() as stream, pytest.raises(CannotForkError):
        server.start([], stdout=stream, stderr=stream, env={}, cwd=tmp_path)
    monkeypatch.setattr("conformance.clients.run.fork_server", lambda *_: server)
    assert run_forked("print('begun')", tmp_path).stdout == "begun\n"


def test_what_is_too_long_for_a_message_is_given_to_a_new_interpreter(tmp_path: Path) -> None:
    arguments = ["x" * 100_000] * 15
    assert run_forked("import sys; print(len(sys.argv))", tmp_path, *arguments).stdout == "16\n"
