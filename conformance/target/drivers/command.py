"""The driver that runs a program of the registry's owner, one call per action. docs/drivers.md is the contract."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from conformance.errors import ExitCode, UserError
from conformance.target import DEFAULT
from conformance.target.drivers.driver import Ability, Driver, DriverSettings
from conformance.target.drivers.refusals import CannotDo
from conformance.verdicts.declaration import PREFIX
from conformance.wire import Redactor

if TYPE_CHECKING:
    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi

CANNOT = 10
"""The exit code of a program that cannot do what it was asked for."""

MOST_SHOWN = 400
"""Characters of a program's standard error that a message quotes, from its end."""

CONTRACT = "docs/drivers.md describes what such a program reads and answers."


class DriverFailed(UserError):
    """The owner's program did not do what docs/drivers.md describes."""


class CommandSettings(DriverSettings, frozen=True, kw_only=True):
    """The settings of the driver that runs a program."""

    command: Annotated[
        tuple[str, ...], Meta(min_length=1, description="The program and its arguments, as a list of texts.")
    ]


class CommandDriver(Driver):
    """Asks the program what it can do, then hands each change to it as JSON on standard input.

    Secrets go nowhere else: neither on the command line nor into the environment.
    """

    Settings = CommandSettings

    def __init__(self, api: RegistryApi, settings: CommandSettings) -> None:
        super().__init__(api, settings)
        self._redact = Redactor(api.target.secrets)

    @cached_property
    def abilities(self) -> frozenset[Ability]:
        """What the program says that it can do. Raises DriverFailed."""
        try:
            text = self._run("abilities")
        except CannotDo as error:
            raise DriverFailed(str(error), CONTRACT) from None
        try:
            return frozenset(Ability(each) for each in json.loads(text)["abilities"])
        except (ValueError, TypeError, LookupError, RecursionError):
            known = ", ".join(Ability)
            expected = f'expected {{"abilities": […]}} with any of {known}'
            raise DriverFailed(
                f"the driver's program answered wrongly: {expected}; found {self._excerpt(text)!r}", CONTRACT
            ) from None

    def delete(self, file: File) -> None:
        """Delete a file, and nothing else."""
        self._run(Ability.DELETE, **_about(file))

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""
        self._run(Ability.DELETE_RELEASE, **_about(file))

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""
        self._run(Ability.DELETE_PROJECT, project=file.name)

    def yank(self, file: File, reason: str = "") -> None:
        """Yank a file, with or without a reason."""
        self._run(Ability.YANK, **_about(file), reason=reason)

    def unyank(self, file: File) -> None:
        """Undo a yank."""
        self._run(Ability.UNYANK, **_about(file))

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""
        self._run(Ability.SET_STATUS, project=project, status=status, reason=reason)

    def attach_provenance(self, file: File, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""
        self._run(Ability.ATTACH_PROVENANCE, **_about(file), provenance=provenance)

    def _run(self, action: str, **about: Any) -> str:
        """Run the program for an action; return what it prints. Raises CannotDo and DriverFailed."""
        request = json.dumps({"action": str(action), **self._where(), **about}).encode()
        with self.api.session.budget.turn():
            process = self._started()
            try:
                out, err = process.communicate(request, timeout=self.api.session.timeout)
            except subprocess.TimeoutExpired:
                limit = f"{self.api.session.timeout:g} s"
                raise DriverFailed(
                    f"the driver's program did not end within {limit} ({action})", "--timeout waits longer."
                ) from None
            finally:
                _end(process)
        said = self._excerpt(err.decode("utf-8", errors="replace"))
        if process.returncode == CANNOT:
            raise CannotDo(f"the driver's program cannot do this ({action}): {said or 'it gives no reason'}")
        if process.returncode != 0:
            raise DriverFailed(
                f"the driver's program ended with {process.returncode} ({action}): {said or 'it says nothing'}",
                CONTRACT,
            )
        return out.decode("utf-8", errors="replace")

    def _where(self) -> dict[str, str]:
        """Return the addresses of the target, and its credential `default` if it has one."""
        target = self.api.target
        credential = target.credential(DEFAULT)
        return {
            "url": target.url,
            **({"upload-url": target.upload_url} if target.has_uploads else {}),
            "index-url": target.index_url,
            **({"username": credential.username, "password": credential.password} if credential else {}),
        }

    def _started(self) -> subprocess.Popen[bytes]:
        command = self.settings.command
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
                start_new_session=True,  # Ctrl-C ends the run, whose clean-up needs the program
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DriverFailed(
                f"the driver's program cannot be started: {command[0]}: {reason}",
                "`command` in [management] is the program and its arguments, as a list.",
                ExitCode.USAGE,
            ) from error

    def _excerpt(self, text: str) -> str:
        return " ".join(self._redact(text).split())[-MOST_SHOWN:]


def _about(file: File) -> dict[str, str]:
    return {
        "project": file.name,
        "version": file.version,
        "filename": file.filename,
        **({"sha256": file.sha256} if file.sha256 else {}),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that has not ended, with its descendants, and close its pipes."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()
