"""What tests share that run other programs: commands, servers, and folders that are made once."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).parents[1]
COMMAND_TIMEOUT = 600.0
PATIENCE = 300.0
"""Seconds within which what is awaited happens: a server answers, or ends when it is told to."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST_ID = 120
"""Characters of a value that may stand in a test's name."""


# The same examples in each run, however busy the machine is. The suite's own runs set all of this themselves.
settings.register_profile(
    "reproducible", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("reproducible")


GZIP = b"\x1f\x8b"
"""The first bytes of a gzip member; the moment of its making follows."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name what is long or compressed by its length: bodies in names make reports of a megabyte, and tell the time."""
    compressed = isinstance(val, bytes) and val.startswith(GZIP)
    if isinstance(val, str | bytes) and (compressed or len(val) > LONGEST_ID):
        return f"{argname} of {len(val)}"
    return None


def pytest_configure() -> None:
    """Take nothing over from who runs the tests: their registry, their proxy for loopback, how they ignore children.

    A proxy stays for the internet: pip may need it for what tests install.
    """
    for name in [name for name in os.environ if name.startswith("REGISTRY_CONFORMANCE_")]:
        del os.environ[name]
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    os.environ["no_proxy"] = ",".join(filter(None, [given, *LOOPBACK]))
    if sys.platform != "win32":
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, exit codes are lost


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run two processes more than there are cores with `-n auto`: a fifth of the time is waiting for other programs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 2


class Programs:
    """Runs programs as a user would: in a folder that is not the checkout, with the machine's settings for pip."""

    kept = user_cache_path("registry-conformance-tests") / (
        f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
    )
    """Where things are made that later runs of the tests use again: one place per interpreter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever that is, with further environment variables."""
        return subprocess.run(
            command,
            cwd=self._folder,
            env=_environment() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )

    def must(self, *command: str | Path, **variables: str) -> str:
        """Run a command that has to succeed, and return what it prints."""
        done = self.run(*command, **variables)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def started(self, *command: str | Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command that does not end by itself, and end it: by its id, and kindly first."""
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command,
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()

    @staticmethod
    def eventually(
        happens: Callable[[], bool],
        *,
        while_: subprocess.Popen[str] | subprocess.Popen[bytes] | None = None,
        log: Path | None = None,
    ) -> None:
        """Wait until something happens. Fails when a process ends before that, or time is up."""
        deadline = time.monotonic() + PATIENCE
        while not happens():
            shown = log.read_text() if log else ""
            assert while_ is None or while_.poll() is None, f"{while_ and while_.args!r} has ended: {shown}"
            assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {shown}"
            time.sleep(0.05)  # what is awaited needs the processor, too

    def once(self, folder: Path, make: Callable[[Path], None]) -> Path:
        """Return a folder that the first process to ask for it makes, and no other: the others wait."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        complete = folder / ".complete"
        with folder.with_name(f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a process that dies gives it back
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                complete.touch()
        return folder

    def environment_with(self, *requirements: str | Path, folder: Path) -> Path:
        """Return the folder of the programs of a virtual environment in which these are installed, made once."""

        def make(folder: Path) -> None:
            self.must(sys.executable, "-m", "venv", folder)
            self.must(folder / "bin" / "python", "-m", "pip", "install", "--quiet", *requirements)

        return self.once(folder, make) / "bin"


def _environment() -> dict[str, str]:
    """Return the user's environment without what would lead a program to the checkout, or to another target."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS", "VIRTUAL_ENV")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("REGISTRY_CONFORMANCE_", "PYTEST_", "COV_"))
    }


@pytest.fixture(scope="module")
def interruptible() -> Iterator[None]:
    """SIGINT as a program in the foreground finds it, for this process and for those that it starts.

    A job in the background of a script inherits it ignored, and Python leaves it so.
    Source: POSIX, Shell Command Language, 2.12 Signals and Error Handling.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """What runs other programs."""
    return Programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def source(programs: Programs, session_folder: Path) -> Path:
    """The checkout as it is now, where building leaves nothing in it, and nobody edits it meanwhile."""

    def copy(folder: Path) -> None:
        leave_out = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".hypothesis", ".tox", "dist")
        shutil.copytree(CHECKOUT, folder, ignore=leave_out, dirs_exist_ok=True)

    return programs.once(session_folder / "source", copy)


@pytest.fixture(scope="session")
def built(programs: Programs, source: Path, session_folder: Path) -> Path:
    """A folder with the sdist and the wheel that were built of the checkout."""
    command = (sys.executable, "-m", "build", "--sdist", "--wheel", source, "--outdir")

    def build(folder: Path) -> None:
        programs.must(*command, folder)

    return programs.once(session_folder / "built", build)


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel, as pip gets it."""
    (path,) = built.glob("*.whl")
    return path
