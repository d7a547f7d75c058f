"""Driver for poetry, which locks and installs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use

if TYPE_CHECKING:
    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun

_QUIETLY = ("--no-interaction", "--no-ansi")
_PROJECT = """\
[project]
name = "consumer"
version = "0"
requires-python = ">=3.11,<4"

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "registry"
url = "{url}"
priority = "primary"
"""


@dataclass(frozen=True, kw_only=True)
class Poetry(Client):
    """Locks and installs. Credentials go through the environment."""

    name: ClassVar[str] = "poetry"
    # Without a constraint poetry chooses the newest release, even one for another Python.
    uses: ClassVar[tuple[Use, ...]] = (Use("poetry add", Activity.READS, (*_QUIETLY, "add", "{project}>=0")),)

    @classmethod
    def find(cls) -> Poetry:
        """Return the poetry on PATH, which has an interpreter of its own, or else that of this interpreter."""
        program = shutil.which("poetry")
        python = Path(program).resolve().with_name("python") if program else None
        return cls(python=python) if python and python.exists() else cls()

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables for one registry, the source that `prepare` declares."""
        del upload_url
        username, password = index.login
        return {
            "POETRY_HTTP_BASIC_REGISTRY_USERNAME": username,
            "POETRY_HTTP_BASIC_REGISTRY_PASSWORD": password,
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
        }

    def prepare(self, folder: Path, index: IndexURL) -> None:
        """Create a project whose only source is the index."""
        (folder / "pyproject.toml").write_text(_PROJECT.format(url=index.url), encoding="utf-8")

    def add(self, requirement: str, *, project: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in the directory `project`, add `requirement`, and install it in an environment there.

        Source: https://python-poetry.org/docs/cli/#add
        """
        self.prepare(project, index_url)
        return self._run(
            *(*_QUIETLY, "--directory", str(project.absolute()), "add", requirement),
            variables=self.settings(index_url, ""),
            secrets=index_url.secrets,
        )
