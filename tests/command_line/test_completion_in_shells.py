"""Bash, zsh and fish complete a command line when a person presses the tab key, set up as the documents say."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 120.0
"""Seconds within which a shell shows what is awaited, on a machine that is busy."""
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": 'eval "$({program} completion bash)"',
    "zsh": 'eval "$({program} completion zsh)"',
    "fish": "{program} completion fish | source",
}
BIN = Path(sys.executable).parent
OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the terminal of a new session, and turns into a program."""


class Terminal:
    """A shell at a terminal of its own, and everything that it has shown since the last key."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._end, other = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL, *command],
            cwd=folder,
            env={"PATH": os.pathsep.join([str(BIN), os.defpath]), "HOME": str(folder), "TERM": "dumb"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)
        self.shown = ""

    def type(self, text: str, *, until: str) -> None:
        """Type keys, and wait until the shell shows a text."""
        self.shown = ""
        os.write(self._end, text.encode())
        limit = time.monotonic() + PATIENCE
        while until not in self.shown:
            ready, _, _ = select.select([self._end], [], [], max(0.0, limit - time.monotonic()))
            assert ready, f"{text!r} shows {self.shown!r}, and not {until!r}"
            self.shown += os.read(self._end, 65536).decode(errors="replace")

    def end(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._end)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    if not (BIN / "registry-conformance").exists():
        pytest.skip("the commands are not installed beside this Python")
    return name


@pytest.fixture
def terminal(shell: str, tmp_path: Path) -> Iterator[Terminal]:
    found = Terminal(SHELLS[shell], tmp_path)
    yield found
    found.end()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("registry-conformance expl\t", "explain"),
        ("registry-conformance explain yank.html.r\t", "yank.html.reason"),
        ("registry-conformance run --profile pe\t", "pep503-upload"),
        ("registry-conformance report res\t", "result.json"),
        ("reference-server serve --fault truncated-d\t", "truncated-downloads"),
    ],
)
def test_the_tab_key_completes(
    typed: str, completed: str, shell: str, terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "result.json").touch()
    program, *_, word = typed.split()
    terminal.type(f"{SET_UP[shell].format(program=program)}; echo set''up\r", until="setup")
    assert "not found" not in terminal.shown
    terminal.type(typed, until=completed.removeprefix(word))
