"""Installs Debian's packages that implementations need, where the user may."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError
from implementations.place import missing_programs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from implementations.recipe import Implementation

QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
"""Nothing is asked, and a package starts no service, as in single-user mode."""


def install_missing(implementations: Iterable[Implementation]) -> None:
    """Install the packages of implementations that lack a program, if there are any. Raises UserError."""
    lacking = (each for each in implementations if missing_programs(each))
    packages = sorted({name for each in lacking for name in each.declared.needs.apt})
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise UserError(
            f"cannot install {' and '.join(packages)}: that takes root and apt-get",
            exit_code=ExitCode.HARNESS_ERROR,
        )
    for command in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
        done = subprocess.run(
            ("apt-get", "-qq", *command), env=os.environ | QUIET, capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise UserError(
                f"apt-get {command[0]} ended with {done.returncode}: {last}",
                exit_code=ExitCode.HARNESS_ERROR,
            )
