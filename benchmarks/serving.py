"""A reference server in a process of its own, for benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reference_server.serving.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 600.0
"""Seconds that a server may take to start."""


@dataclass(frozen=True)
class Server:
    """A server that runs: its process, its target, and the file with that."""

    process: subprocess.Popen[bytes]
    target: dict[str, Any]
    described: Path

    @property
    def index(self) -> str:
        """The URL of the list of projects."""
        return f"{self.target['url']}/simple/"

    @property
    def credential(self) -> tuple[str, str]:
        """User name and password."""
        pair = self.target["credentials"]["default"]
        return pair["username"], pair["password"]


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Server]:
    """Start `reference-server serve` with these options, and end it by its id."""
    described = folder / "registry.toml"
    command = [sys.executable, "-m", "reference_server", "serve", "--port", str(free_port(HOST, 0))]
    process = subprocess.Popen([*command, "--write-target", described, *options], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not described.exists() or not described.read_text(encoding="utf-8"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server does not start")
            time.sleep(0.05)
        yield Server(process, tomllib.loads(described.read_text(encoding="utf-8")), described)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running(
    *command: str | Path,
    folder: Path,
    is_ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run a program until the end of the block, once it is ready, and give its id; it is ended by that."""
    log = folder / "log"
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, **(environment or {})},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not is_ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} does not answer: {log.read_text(errors='replace')}")
                time.sleep(0.02)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
