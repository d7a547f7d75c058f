"""Makes environments: with uv where it is installed, and otherwise with venv and pip."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.clients.prepared.environments import interpreter
from conformance.clients.run import execute
from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.clients.prepared.environments import Environment, EnvironmentFolder
    from conformance.clients.prepared.spec import ClientSpec
    from conformance.clients.run import ClientRun


class NoSuchVersion(UserError):
    """The index has no such version of a client, or none for this Python."""


PATIENCE = 600.0
"""Seconds for one step of a preparation."""

LOG = "pip.log"
"""The log of pip in the folder: it alone has the status of an index that refuses the credential."""

LINES = 4
"""How many lines of an installer's output a message repeats."""

_NOT_REACHED = re.compile(
    r"dns error|failed to lookup|error sending request|operation timed out|No route to host", re.IGNORECASE
)
"""How uv reports that an index cannot be reached, beside what `ClientRun.failed_connection` knows."""

_REFUSED = re.compile(
    r"\b40[13] (?:Unauthorized|Forbidden|Client Error|Error)|HTTP error 40[13]\b", re.IGNORECASE
)
"""How uv and pip report that an index wants another credential. What they say of versions then is a consequence."""

_NO_SUCH_VERSION = re.compile(
    r"no version of|No matching distribution|does not satisfy Python|unsatisfiable|ResolutionImpossible"
)

_INSTALLERS = ("PIP_", "UV_")
_OF_THE_INDEX = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|CONFIG_FILE|CACHE_DIR"
    r"|TIMEOUT|DEFAULT_TIMEOUT|RETRIES|KEYRING_PROVIDER)"
    r"|UV_(DEFAULT_INDEX|INDEX(_\w+)?|EXTRA_INDEX_URL|FIND_LINKS|KEYRING_PROVIDER|INSECURE_HOST|NATIVE_TLS"
    r"|SYSTEM_CERTS|CONFIG_FILE|CACHE_DIR|OFFLINE|HTTP_\w+|CONCURRENT_\w+)"
)
"""The settings of installers that say where packages are, and how to reach them. All others may change what is made."""

_WITHOUT = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "VIRTUAL_ENV"})

_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


def make(spec: ClientSpec, environments: EnvironmentFolder, *, upgrade: bool = False) -> Environment:
    """Make the environment of a client from the index that pip or uv is configured for. Raises UserError.

    The newest version is that of this moment. With `upgrade` it replaces another version that is there.
    """
    environments.remove_abandoned()
    folder = environments.new_folder(spec)
    try:
        for command in _commands(folder, spec):
            _require(_run(command, folder), spec, command)
        version = _started(spec, folder)
        return environments.complete(spec, folder, version=version, upgrade=upgrade)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def uv_program() -> str | None:
    """Return the path of uv, beside this interpreter or on PATH; None where it is not installed."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))


def _commands(folder: Path, spec: ClientSpec) -> list[list[str]]:
    python = str(interpreter(folder))
    if uv := uv_program():
        return [
            # --clear: the folder is there already, and empty
            [uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--compile-bytecode", "--python", python, *spec.requirements],
        ]
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--log", LOG]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", *options, "--upgrade", *spec.requirements],
    ]


def _run(command: Sequence[str], folder: Path) -> ClientRun:
    """Run a step with the user's settings of the index and the network."""
    return execute(
        command,
        client=Path(command[0]).name,
        version="",
        environment=installing(os.environ),
        directory=folder,
        timeout=PATIENCE,
        log=LOG,
    )


def installing(own: Mapping[str, str]) -> dict[str, str]:
    """Return the user's `own` environment without what would change an installation, beside where packages are.

    uv gets the index of PIP_INDEX_URL where it has none in a variable of its own.
    """
    environment = {
        name: value
        for name, value in own.items()
        if name not in _WITHOUT and (not name.startswith(_INSTALLERS) or _OF_THE_INDEX.fullmatch(name))
    }
    index = environment.get("PIP_INDEX_URL")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & {*environment}:
        environment["UV_DEFAULT_INDEX"] = index
    return environment


def _require(run: ClientRun, spec: ClientSpec, command: Sequence[str]) -> None:
    """Raise UserError where a step failed, with its reason."""
    if run.succeeded:
        return
    text = "\n".join([line for line in run.output.splitlines() if line.strip()][-LINES:])
    if run.timed_out or run.failed_connection or _NOT_REACHED.search(run.output):
        raise UserError(
            f"{spec} cannot be prepared without a package index:\n{text}",
            f"Name one that can be reached in {_index_variable()}, and run again:\n"
            f"registry-conformance clients prepare '{spec}'",
        )
    if _REFUSED.search(run.output_and_log):
        raise UserError(
            f"the package index wants another credential for {spec}:\n{text}",
            f"Name the index with its credential in {_index_variable()}, and run again:\n"
            f"registry-conformance clients prepare '{spec}'",
        )
    if _NO_SUCH_VERSION.search(run.output):
        raise NoSuchVersion(
            f"no version of {spec.name} fits {spec} and Python {_python_version()}:\n{text}",
            f"`pip index versions {spec.name}` lists them.",
        )
    raise UserError(f"{spec} cannot be prepared:\n{text}", f"The command was: {' '.join(command)}")


def _started(spec: ClientSpec, folder: Path) -> str:
    """Return the version of the client, once it has started. Raises UserError."""
    python = str(interpreter(folder))
    run = _run([python, "-m", spec.name, "--version"], folder)
    version = _run([python, "-c", _VERSION, spec.name], folder)
    if run.succeeded and version.succeeded:
        return version.stdout.strip()
    text = "\n".join(run.output.splitlines()[-LINES:])
    raise UserError(
        f"{spec} is installed, and does not start:\n{text}",
        "docs/clients.md lists versions that are known to work.",
    )


def _index_variable() -> str:
    return "UV_DEFAULT_INDEX" if uv_program() else "PIP_INDEX_URL"


def _python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))
