"""What a start recipe works with: folders, a port, programs, processes that end with it, content, and the result."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import requests

from conformance.errors import ExitCode, UserError
from implementations.environments import environment_with
from reference_server.serving.ports import PortTakenError, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from implementations.recipe import Implementation

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
PATIENCE = 180.0
"""Seconds within which a registry answers after its start."""
ENDING = 20.0
"""Seconds within which a registry ends after SIGTERM, before it is killed."""


class CannotStart(UserError):
    """A registry does not start here; the message has the end of its log, the hint what is missing."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, ExitCode.HARNESS_ERROR)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A registry that answers.

    `table` is that of its registry.toml. It may hold passwords: they are handed on as environment variables. `note`
    is a sentence for people who want to try the registry.
    """

    table: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one start of an implementation happens.

    `cache` is kept from start to start, and shared with other starts at the same time. `work` belongs to this start,
    and is deleted at its end. `groups` are the process groups of the start, whether they have ended or not. Once
    `stopped` is set, no registry is waited for any more.
    """

    implementation: Implementation
    cache: Path
    work: Path
    groups: list[int] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)

    def port(self) -> int:
        """Return a free port of the loopback address, below those that the system gives to anyone who asks for one.

        A registry takes seconds to listen, in which another program would get such a port, and answer in its place.
        """
        for _ in range(100):
            with suppress(PortTakenError):
                return free_port(HOST, secrets.choice(PORTS))
        raise CannotStart(f"no free port was found between {PORTS.start} and {PORTS.stop - 1}")

    def secret(self) -> str:
        """Return a new password."""
        return secrets.token_urlsafe(18)

    def programs(self) -> Path:
        """Return the folder of the programs that `needs.pip` brings, in a virtual environment that is made once."""
        if not self.implementation.declared.needs.pip:
            return Path(sys.executable).parent
        return environment_with(self.implementation.declared.needs.pip, self.cache / "environments")

    def folder(self, name: str) -> Path:
        """Return a new folder of this start."""
        made = self.work / name
        made.mkdir(parents=True)
        return made

    def run(
        self,
        *command: str | Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        text: str = "",
    ) -> str:
        """Run a command to its end, with `text` as its standard input, and return what it prints.

        Raises CannotStart if it ends with anything but 0.
        """
        self._go_on()
        done = subprocess.run(
            command,
            cwd=self.work,
            env=foreign_environment() | dict(environment or {}),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            user=user,
        )
        if done.returncode:
            raise CannotStart(f"{Path(command[0]).name} ended with {done.returncode}: {_end_of(done.stderr)}")
        return done.stdout

    @contextmanager
    def process(
        self,
        *command: str | Path,
        ready: str | Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        name: str = "",
        user: str | None = None,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command that serves in a process group of its own, wait until it is ready, and end the group.

        `ready` is a URL that has to be answered, whatever the status, or a function. Its output is in
        `work/NAME.log`; the name is that of the program unless given. Raises CannotStart.
        """
        log = self.work / f"{name or Path(command[0]).name}.log"
        with log.open("ab") as output:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=self.work,
                    env=foreign_environment() | dict(environment or {}),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=user,
                )
            except OSError as error:
                raise CannotStart(f"cannot run {command[0]}: {error.strerror}") from error
        self.groups.append(process.pid)
        try:
            self._await(process, ready if callable(ready) else lambda: answers(ready), log)
            yield process
        finally:
            _end(process)

    def _await(self, process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_ready():
            if process.poll() is not None:
                raise CannotStart(f"{log.stem} ended with {process.returncode}: {_end_of(log.read_text())}")
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{log.stem} was not ready within {PATIENCE:.0f} s: {_end_of(log.read_text())}"
                )
            self._go_on(after=0.05)

    def _go_on(self, *, after: float = 0) -> None:
        """Wait for so many seconds. Raises CannotStart as soon as the start is to be given up."""
        if self.stopped.wait(after):
            raise CannotStart("it was stopped")

    def started(self, name: str) -> AbstractContextManager[Running]:
        """Start another implementation, which ends with this one, as a proxy needs one behind it."""
        from implementations.recipe import implementation
        from implementations.starting import start_in

        other = Place(
            implementation=implementation(name),
            cache=self.cache,
            work=self.folder(name),
            groups=self.groups,
            stopped=self.stopped,
        )
        return start_in(other)

    def leftovers(self) -> list[int]:
        """Return the process groups of this start that still have a process."""
        return [group for group in self.groups if _is_alive(group)]


def foreign_environment() -> dict[str, str]:
    """Return the user's environment without what would lead a program to this checkout or to another target."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "VIRTUAL_ENV")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.startswith(("REGISTRY_CONFORMANCE_", "PYTEST_"))
    }
    loopback = ",".join(filter(None, [kept.get("no_proxy", ""), HOST, "localhost"]))
    return kept | {"no_proxy": loopback, "PYTHONUNBUFFERED": "1"}


def answers(url: str) -> bool:
    """Tell whether an HTTP server answers at a URL, with any status."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.get(url, timeout=30, allow_redirects=False)
    except (requests.ConnectionError, requests.Timeout):
        return False
    return True


def missing_programs(implementation: Implementation) -> list[str]:
    """Return the programs that an implementation needs and that are not there."""
    return [name for name in implementation.declared.needs.programs if program(name) is None]


def program(name: str) -> Path | None:
    """Return the path of a program of the machine; servers lie where not every user looks for them."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
    found = shutil.which(name, path=places)
    return Path(found) if found else None


def _end_of(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:]) or "no output"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process group: politely, and after a while by force."""
    _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + ENDING
    while _is_alive(process.pid) and time.monotonic() < deadline:
        process.poll()
        time.sleep(0.02)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
