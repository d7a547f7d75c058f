"""Driver for poetry, which locks, installs and uploads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.release import release_of
from conformance.clients.use import Activity, Use
from conformance.wire.credential import login_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.clients.wanted import Wanted
    from conformance.wire.credential import Credential

_QUIETLY = ("--no-interaction", "--no-ansi")
_PROJECT = """\
[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = ">=3.11,<4"
{dependency}

[[tool.poetry.source]]
name = "registry"
url = "{url}"
priority = "primary"
{other}"""
_OTHER = """
[[tool.poetry.source]]
name = "other"
url = "{url}"
priority = "supplemental"
"""
_RELEASE = """\
[tool.poetry]
name = "{name}"
version = "{version}"
description = "For a conformance test"
authors = []
"""


@dataclass(frozen=True, kw_only=True)
class Poetry(Client):
    """Locks, installs and uploads. Credentials go through the environment."""

    name: ClassVar[str] = "poetry"
    apart: ClassVar[bool] = True
    # Without a constraint poetry chooses the newest release, even one for another Python.
    uses: ClassVar[tuple[Use, ...]] = (Use("poetry add", Activity.READS, (*_QUIETLY, "add", "{project}>=0")),)

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables for one registry, the source that `prepare` declares."""
        del upload_url
        names = ("POETRY_HTTP_BASIC_REGISTRY_USERNAME", "POETRY_HTTP_BASIC_REGISTRY_PASSWORD")
        return {
            **(dict(zip(names, index.login, strict=True)) if index.credential else {}),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
        }

    def prepare(self, folder: Path, index: IndexURL) -> None:
        """Create a project whose only source is the index."""
        _write_project(folder, index)

    def publish(
        self,
        files: Sequence[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Upload the files of the release in the folder of `files` to the URL `to`.

        Source: https://python-poetry.org/docs/cli/#publish
        """
        del index_url
        release = release_of(files)
        username, password = login_of(credential)
        return self._run(
            *(*_QUIETLY, "publish", "--repository", "registry", "--dist-dir", str(release.folder)),
            *(["--skip-existing"] if skip_existing else []),
            files={"pyproject.toml": _RELEASE.format(name=release.name, version=release.version)},
            variables={
                "POETRY_REPOSITORIES_REGISTRY_URL": to,
                "POETRY_HTTP_BASIC_REGISTRY_USERNAME": username,
                "POETRY_HTTP_BASIC_REGISTRY_PASSWORD": password,
            },
            secrets=secrets_of(credential),
        )

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in the directory `folder`, add what is wanted, and install it in an environment there.

        Without a version any is allowed: see `uses`.
        Source: https://python-poetry.org/docs/cli/#add
        """
        _write_project(folder, index_url)
        return self._add(wanted, folder, index_url)

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Create a project with a primary source and a supplemental one, and add what is wanted.

        Source: https://python-poetry.org/docs/repositories/#supplemental-package-sources
        """
        _write_project(folder, index_url, other=other)
        return self._add(wanted, folder, index_url)

    def _add(self, wanted: Wanted, folder: Path, index_url: IndexURL) -> ClientRun:
        requirement = wanted.requirement if wanted.version else f"{wanted.full_name}>=0"
        pre = ["--allow-prereleases"] if wanted.pre else []
        return self._in_project(folder, index_url, "add", requirement, *pre)

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in `folder` that depends on what is wanted, and write its `poetry.lock`.

        Source: https://python-poetry.org/docs/cli/#lock
        """
        _write_project(folder, index_url, wanted)
        return self._in_project(folder, index_url, "lock")

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what `poetry.lock` names.

        Source: https://python-poetry.org/docs/cli/#install
        """
        return self._in_project(folder, index_url, "install")

    def _in_project(self, folder: Path, index_url: IndexURL, *arguments: str) -> ClientRun:
        return self._run(
            *(*_QUIETLY, "--directory", str(folder.absolute()), *arguments),
            variables=self.settings(index_url, ""),
            secrets=index_url.secrets,
        )


def _write_project(
    folder: Path, index: IndexURL, wanted: Wanted | None = None, *, other: IndexURL | None = None
) -> None:
    dependency = ""
    if wanted:
        table = f"version = {json.dumps(f'=={wanted.version}' if wanted.version else '*')}"
        table += ", allow-prereleases = true" if wanted.pre else ""
        dependency = f"{json.dumps(wanted.name)} = {{ {table} }}"
    second = _OTHER.format(url=other.url) if other else ""
    text = _PROJECT.format(url=index.url, dependency=dependency, other=second)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
