"""Driver for pipenv, which locks and installs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.clients.wanted import Wanted

_PIPFILE = """\
[[source]]
name = "registry"
url = {url}
verify_ssl = {verified}
{other}
[packages]
{packages}
"""


@dataclass(frozen=True, kw_only=True)
class Pipenv(Client):
    """Locks and installs. Credentials go through the environment, which the Pipfile expands."""

    name: ClassVar[str] = "pipenv"
    apart: ClassVar[bool] = True
    uses: ClassVar[tuple[Use, ...]] = (Use("pipenv install", Activity.READS, ("install", "{project}")),)

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables for one registry, whose index `prepare` declares as the only source."""
        del upload_url
        return {
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_IGNORE_VIRTUALENVS": "1",
            "PIPENV_NOSPIN": "1",
            "PIPENV_YES": "1",
            **index.variables,
        }

    def prepare(self, folder: Path, index: IndexURL) -> None:
        """Write a Pipfile whose only source is the index."""
        _write_pipfile(folder, index, packages="")

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Lock what is wanted, and install it in an environment in `folder`.

        Source: https://pipenv.pypa.io/en/latest/commands.html#install
        """
        self.prepare(folder, index_url)
        return self._in_project(folder, index_url, "install", wanted.requirement, *_pre(wanted))

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Install what is wanted with two sources in the Pipfile, of which the first is the default one.

        Source: https://pipenv.pypa.io/en/latest/indexes.html
        """
        _write_pipfile(folder, index_url, packages="", other=other)
        return self._in_project(folder, index_url, "install", wanted.requirement, *_pre(wanted))

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Write the `Pipfile.lock` of what is wanted.

        Source: https://pipenv.pypa.io/en/latest/commands.html#lock
        """
        version = f"=={wanted.version}" if wanted.version else "*"
        _write_pipfile(folder, index_url, packages=f"{json.dumps(wanted.name)} = {json.dumps(version)}")
        return self._in_project(folder, index_url, "lock", *_pre(wanted))

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what `Pipfile.lock` names.

        Source: https://pipenv.pypa.io/en/latest/commands.html#sync
        """
        return self._in_project(folder, index_url, "sync")

    def _in_project(self, folder: Path, index_url: IndexURL, *arguments: str) -> ClientRun:
        return self._run(
            *arguments,
            variables=self.settings(index_url, ""),
            secrets=index_url.secrets,
            directory=folder,
        )


def _pre(wanted: Wanted) -> list[str]:
    return ["--pre"] if wanted.pre else []


def _write_pipfile(folder: Path, index: IndexURL, *, packages: str, other: IndexURL | None = None) -> None:
    second = (
        f'\n[[source]]\nname = "other"\nurl = {json.dumps(other.url)}\nverify_ssl = false\n' if other else ""
    )
    text = _PIPFILE.format(
        other=second,
        url=json.dumps(index.with_variables),
        verified=str(index.unencrypted_host is None).lower(),
        packages=packages,
    )
    (folder / "Pipfile").write_text(text, encoding="utf-8")
