"""The scenarios of the report: the uses of all installed clients, or a user's own command."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.client_report.faulty_registry import PROJECT, TO_UPLOAD
from conformance.clients import CLIENTS, Activity, ClientMissing, execute, hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.client_report.faulty_registry import FaultyRegistry
    from conformance.clients import Client, ClientRun, IndexURL, Use


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One use of a client. `run` takes the registry, an empty folder, and a time limit in seconds."""

    title: str
    activity: Activity
    client: str
    version: str
    run: Callable[[FaultyRegistry, Path, float], ClientRun]


def built_in() -> tuple[tuple[Scenario, ...], tuple[ClientMissing, ...]]:
    """Return the scenarios of all installed clients, and the reasons why others are missing."""
    scenarios: list[Scenario] = []
    missing: list[ClientMissing] = []
    for kind in CLIENTS:
        client = kind.find()
        try:
            scenarios += [_of_client(client, use) for use in client.uses]
        except ClientMissing as error:
            missing.append(error)
    scenarios.sort(key=lambda scenario: list(Activity).index(scenario.activity))
    return tuple(scenarios), tuple(missing)


def own_command(command: Sequence[str]) -> Scenario:
    """Return a scenario for a user's command with placeholders. Errors: ClientMissing for an unknown program."""
    name, *arguments = command
    scripts = Path(sys.executable).parent
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(scripts)])
    program = shutil.which(name, path=path)
    if program is None:
        raise ClientMissing(name, cause="there is no such program", hint="Is it on PATH?")

    def settings(registry: FaultyRegistry) -> dict[str, str]:
        of_all = [kind.settings(registry.index_url, registry.upload_url) for kind in CLIENTS]
        return {name: value for each in of_all for name, value in each.items()} | {"PATH": path}

    return Scenario(
        title=" ".join(command),
        activity=_activity_of(command),
        client=Path(name).name,
        version="",
        run=_runner([program, *arguments], client=Path(name).name, version="", settings=settings),
    )


def _activity_of(command: Sequence[str]) -> Activity:
    uploads = any("{file}" in word or "{upload_url}" in word for word in command)
    return Activity.UPLOADS if uploads else Activity.READS


def _of_client(client: Client, use: Use) -> Scenario:
    return Scenario(
        title=use.title,
        activity=use.activity,
        client=client.name,
        version=client.version,
        run=_runner(
            [str(client.python), "-m", client.name, *use.arguments],
            client=client.name,
            version=client.version,
            settings=lambda registry: client.settings(registry.index_url, registry.upload_url),
            prepare=client.prepare,
        ),
    )


def _runner(
    command: Sequence[str],
    *,
    client: str,
    version: str,
    settings: Callable[[FaultyRegistry], Mapping[str, str]],
    prepare: Callable[[Path, IndexURL], None] = lambda _folder, _index: None,
) -> Callable[[FaultyRegistry, Path, float], ClientRun]:
    def run(registry: FaultyRegistry, folder: Path, timeout: float) -> ClientRun:
        home = folder.with_name("home")
        home.mkdir()
        values = _values(registry, folder, file=TO_UPLOAD.save(home))
        prepare(folder, registry.index_url)
        return execute(
            [_filled(word, values) for word in command],
            client=client,
            version=version,
            environment=hermetic(home, ca_bundle=None, **settings(registry)),
            directory=folder,
            timeout=timeout,
            secrets=registry.index_url.secrets,
        )

    return run


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
