"""Virtual environments in the cache, one per set of requirements, made once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMPLETE = ".complete"
LISTED = """
import json, importlib.metadata as m
print(json.dumps({d.metadata["Name"]: d.version for d in m.distributions()}))
"""


class CannotInstall(UserError):
    """The requirements cannot be installed here; the message has what pip says last."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=ExitCode.HARNESS_ERROR)


def environment_with(requirements: Sequence[str], folder: Path) -> Path:
    """Return the folder of the programs of an environment with these requirements. Raises CannotInstall."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256("\n".join([version, *requirements]).encode()).hexdigest()[:16]
    first = requirements[0].partition("=")[0].partition("[")[0]
    made = folder / f"{first}-{key}"
    made.parent.mkdir(parents=True, exist_ok=True)
    with made.with_name(f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a process that dies gives it back
        if not (made / COMPLETE).exists():
            shutil.rmtree(made, ignore_errors=True)
            _make(made, requirements)
            (made / COMPLETE).touch()
    return made / "bin"


def versions_in(programs: Path) -> dict[str, str]:
    """Return the version of everything that is installed in an environment, by name."""
    printed = subprocess.run(
        [programs / "python", "-I", "-c", LISTED], capture_output=True, text=True, check=True
    ).stdout
    versions: dict[str, str] = json.loads(printed)
    return dict(sorted(versions.items()))


def _make(folder: Path, requirements: Sequence[str]) -> None:
    """Make an environment, by uv where there is one that reaches an index, otherwise by venv and pip."""
    python = folder / "bin" / "python"
    if uv := shutil.which("uv"):
        made = _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        if not made and not _run(uv, "pip", "install", "--quiet", "--python", str(python), *requirements):
            return
        shutil.rmtree(folder, ignore_errors=True)
    if error := _run(sys.executable, "-m", "venv", str(folder)):
        raise CannotInstall(f"cannot make a virtual environment: {error}")
    if error := _run(str(python), "-m", "pip", "install", "--quiet", *requirements):
        raise CannotInstall(f"cannot install {' '.join(requirements)}: {error}")


def _run(*command: str) -> str:
    """Return the last lines of what went wrong; empty if nothing did."""
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment
    )
    if not done.returncode:
        return ""
    return "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:]) or f"exit {done.returncode}"
