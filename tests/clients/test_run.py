"""One run of a client: its end, and what is kept of it."""

from __future__ import annotations

import base64
import dataclasses
import socket
import sys
import tempfile
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from conformance.clients import ClientMissing, ClientRun, execute, hermetic
from conformance.clients.process_group import kill, start
from conformance.clients.run import KEPT_BYTES
from conformance.wire import Redactor

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SECRET = ("us er", "p@ss:w/rd &+%41")


def run_code(code: str, tmp_path: Path, *, timeout: float = 60, hidden: str = "") -> ClientRun:
    return execute(
        [sys.executable, "-c", code],
        client="python",
        version="3",
        environment=hermetic(tmp_path, HIDDEN=hidden),
        directory=tmp_path,
        timeout=timeout,
        secrets=[SECRET],
    )


def said(stdout: str) -> ClientRun:
    return ClientRun(
        client="twine",
        version="7",
        command=(),
        exit_code=1,
        stdout=stdout,
        stderr="",
        duration=0,
        timed_out=False,
    )


def test_the_streams_and_the_exit_code_are_kept_apart(tmp_path: Path) -> None:
    run = run_code("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (run.stdout, run.stderr, run.output, run.exit_code) == ("out\n", "err\n", "out\nerr\n", 3)
    assert not run.succeeded


def test_a_client_that_exits_with_zero_succeeded(tmp_path: Path) -> None:
    assert run_code("pass", tmp_path).succeeded


def test_there_is_no_input_to_wait_for(tmp_path: Path) -> None:
    assert run_code("print(repr(open(0).read()))", tmp_path).stdout == "''\n"


def test_a_run_that_takes_too_long_is_killed_with_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[subprocess.Popen[bytes]] = []

    def recording(process: subprocess.Popen[bytes]) -> None:
        killed.append(process)
        kill(process)

    monkeypatch.setattr("conformance.clients.run.kill", recording)
    run = run_code("import threading; threading.Event().wait()", tmp_path, timeout=0.3)
    assert run.timed_out
    assert not run.succeeded
    assert run.duration >= 0.3
    assert [process.returncode for process in killed] == [run.exit_code]


def test_a_timeout_is_no_success_whatever_the_exit_code() -> None:
    assert not dataclasses.replace(said(""), exit_code=0, timed_out=True).succeeded


def test_killing_a_process_kills_what_it_started(tmp_path: Path) -> None:
    script = tmp_path / "family.py"
    script.write_text(
        "import socket, subprocess, sys\n"
        "connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "if sys.argv[2] == 'parent':\n"
        "    subprocess.Popen([sys.executable, __file__, sys.argv[1], 'child'])\n"
        "connection.recv(1)\n",
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as output:
        listener.settimeout(120)
        port = str(listener.getsockname()[1])
        command = [sys.executable, str(script), port, "parent"]
        process = start(command, stdout=output, stderr=output, env=hermetic(tmp_path), cwd=tmp_path)
        connections = [listener.accept()[0], listener.accept()[0]]
        kill(process)
        for connection in connections:
            with connection:
                connection.settimeout(120)
                assert connection.recv(1) == b"", "a process still holds its connection"
    assert process.returncode != 0


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClientMissing, match="nothing-here") as caught:
        execute(
            [str(tmp_path / "nothing-here")],
            client="pip",
            version="1",
            environment={},
            directory=tmp_path,
            timeout=1,
        )
    assert caught.value.client == "pip"
    assert caught.value.hint


def test_terminal_codes_and_padding_are_removed(tmp_path: Path) -> None:
    code = r"print('\x1b[1;31mERROR\x1b[0m   \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\   \x1b[?25h')"
    assert run_code(code, tmp_path).stdout == "ERROR   link\n"


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    run = run_code(r"import sys; sys.stdout.buffer.write(b'a\xffb\r\n')", tmp_path)
    assert run.stdout == "a\ufffdb\n"


def test_of_long_output_the_end_is_kept_in_whole_lines(tmp_path: Path) -> None:
    run = run_code(f"for n in range({KEPT_BYTES} // 4): print(n)", tmp_path)
    note, first, *_, last = run.stdout.splitlines()
    assert note.startswith("[cut")
    assert int(last) == KEPT_BYTES // 4 - 1
    assert len(first) == len(last), "the first line kept is one in part"
    assert len(run.stdout) < KEPT_BYTES + 100


def test_no_secret_is_left_where_long_output_is_cut(tmp_path: Path) -> None:
    code = f"import os; print(os.environ['HIDDEN'] * ({KEPT_BYTES} // 10)); print('end')"
    run = run_code(code, tmp_path, hidden=SECRET[1])
    assert run.stdout.splitlines()[1:] == ["end"]


@pytest.mark.parametrize(
    "form",
    [
        SECRET[1],
        quote(SECRET[1], safe=""),
        quote(SECRET[1]),
        "p@ss:w/rd &amp;+%41",
        base64.b64encode(":".join(SECRET).encode()).decode(),
        "p@ss:w/\n         rd &+%41",
        "p@ss:w/rd   \n         &+%41",
    ],
)
def test_a_secret_is_redacted_in_every_form(form: str) -> None:
    assert Redactor([("other", "unused"), SECRET])(f"before {form} after") == "before *** after"


def test_a_secret_is_redacted_in_the_command_and_the_output(tmp_path: Path) -> None:
    run = run_code(f"import sys; print({SECRET[1]!r}); print({SECRET[1]!r}, file=sys.stderr)", tmp_path)
    assert run.command[2] == "import sys; print('***'); print('***', file=sys.stderr)"
    assert (run.stdout, run.stderr) == ("***\n", "***\n")


def test_an_empty_password_is_no_secret() -> None:
    assert Redactor([("user", "")])("some text") == "some text"


def test_says_sees_through_wrapped_lines() -> None:
    run = said(
        "ERROR    HTTPError: 413 Request Entity Too Large from       \n         http://host/a\n         b\n"
    )
    assert run.says("413 Request Entity Too Large from http://host/ab")
    assert not run.says("413 Request Entity Too Small")
