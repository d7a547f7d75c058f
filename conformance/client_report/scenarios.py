"""What clients are made to do: the built-in deeds of those that are installed, or a user's own command."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.client_report.default_faults import Activity
from conformance.client_report.faulty_registry import PROJECT, TO_UPLOAD
from conformance.clients import ClientMissing, Pip, Poetry, Twine, Uv, execute, hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.client_report.faulty_registry import FaultyRegistry
    from conformance.clients import ClientRun
    from conformance.clients.client import Client


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One thing that a client does. `run` takes the registry, an empty folder, and the seconds that it may take."""

    title: str
    activity: Activity
    client: str
    version: str
    run: Callable[[FaultyRegistry, Path, float], ClientRun]


def built_in() -> tuple[tuple[Scenario, ...], tuple[ClientMissing, ...]]:
    """Return the scenarios of the clients that are installed, and why others are not."""
    scenarios: list[Scenario] = []
    missing: list[ClientMissing] = []
    for make in (_pip, _uv, _poetry, _twine, _uv_publish):
        try:
            scenarios.append(make())
        except ClientMissing as error:
            if error.client not in {each.client for each in missing}:
                missing.append(error)
    return tuple(scenarios), tuple(missing)


def own_command(command: Sequence[str]) -> Scenario:
    """Make a scenario of a user's command, with placeholders. Errors: ClientMissing if there is no such program."""
    name, *arguments = command
    scripts = Path(sys.executable).parent
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(scripts)])
    program = shutil.which(name, path=path)
    if program is None:
        raise ClientMissing(name, cause="there is no such program", hint="Is it on PATH?")
    return _commanded(
        " ".join(command), [program, *arguments], client=Path(name).name, version="", variables={"PATH": path}
    )


def _activity_of(command: Sequence[str]) -> Activity:
    return (
        Activity.UPLOADS
        if any("{file}" in word or "{upload_url}" in word for word in command)
        else Activity.READS
    )


def _pip() -> Scenario:
    command = ["install", "--no-compile", "--target", "{folder}", "{project}"]
    return _module("pip install", Pip(), command)


def _uv() -> Scenario:
    command = ["pip", "install", "--python", sys.executable, "--target", "{folder}", "{project}"]
    return _module("uv pip install", Uv(), command)


def _twine() -> Scenario:
    return _module("twine upload", Twine(), ["upload", "--disable-progress-bar", "{file}"])


def _uv_publish() -> Scenario:
    return _module("uv publish", Uv(), ["publish", "--trusted-publishing", "never", "{file}"])


def _poetry() -> Scenario:
    def run(registry: FaultyRegistry, folder: Path, timeout: float) -> ClientRun:
        # Without a constraint poetry settles for the newest release, whatever Python that is for.
        requirement = f"{PROJECT}>=0"
        return Poetry.on_path(timeout=timeout).add(requirement, project=folder, index_url=registry.index_url)

    version = Poetry.on_path().version
    return Scenario(title="poetry add", activity=Activity.READS, client=Poetry.name, version=version, run=run)


def _module(title: str, client: Client, arguments: Sequence[str]) -> Scenario:
    """Make a scenario of a client as its users run it: with the retries and timeouts that it has by itself."""
    command = [str(client.python), "-m", client.name, *arguments]
    return _commanded(title, command, client=client.name, version=client.version)


def _commanded(
    title: str,
    command: Sequence[str],
    *,
    client: str,
    version: str,
    variables: Mapping[str, str] | None = None,
) -> Scenario:
    def run(registry: FaultyRegistry, folder: Path, timeout: float) -> ClientRun:
        home = folder.with_name("home")
        home.mkdir()
        values = _values(registry, folder, file=TO_UPLOAD.save(home))
        return execute(
            [_filled(word, values) for word in command],
            client=client,
            version=version,
            environment=hermetic(home, ca_bundle=None, **_settings(registry), **(variables or {})),
            directory=folder,
            timeout=timeout,
            secrets=registry.index_url.secrets,
        )

    return Scenario(title=title, activity=_activity_of(command), client=client, version=version, run=run)


def _values(registry: FaultyRegistry, folder: Path, *, file: Path) -> dict[str, str]:
    return {
        "index_url": registry.index_url.with_credential,
        "upload_url": registry.upload_url,
        "folder": str(folder),
        "project": PROJECT,
        "file": str(file),
        "username": registry.credential.username,
        "password": registry.credential.password,
    }


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _settings(registry: FaultyRegistry) -> dict[str, str]:
    """Return what points pip, uv and twine at the registry, and at nothing else."""
    index = registry.index_url.with_credential
    username, password = registry.credential.username, registry.credential.password
    return {
        "PIP_INDEX_URL": index,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "UV_INDEX_URL": index,
        "UV_NO_ATTESTATIONS": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_PUBLISH_URL": registry.upload_url,
        "UV_PUBLISH_USERNAME": username,
        "UV_PUBLISH_PASSWORD": password,
        "UV_PYTHON_DOWNLOADS": "never",
        "TWINE_NON_INTERACTIVE": "1",
        "TWINE_REPOSITORY_URL": registry.upload_url,
        "TWINE_USERNAME": username,
        "TWINE_PASSWORD": password,
    }
