"""Driver for poetry, which locks and installs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client

if TYPE_CHECKING:
    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun

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
    """Locks and installs; credentials go through the environment. `on_path` finds one with a Python of its own."""

    name: ClassVar[str] = "poetry"

    @classmethod
    def on_path(cls, *, timeout: float = 120) -> Poetry:
        """Return the poetry whose program is on PATH; else this interpreter's, which may have none."""
        program = shutil.which("poetry")
        python = Path(program).resolve().with_name("python") if program else None
        return cls(python=python, timeout=timeout) if python and python.exists() else cls(timeout=timeout)

    def add(self, requirement: str, *, project: Path, index_url: IndexURL) -> ClientRun:
        """Make a project in the directory `project`, add `requirement`, and install it in an environment there.

        Source: https://python-poetry.org/docs/cli/#add
        """
        text = _PROJECT.format(url=index_url.url)
        (project / "pyproject.toml").write_text(text, encoding="utf-8")
        credential = index_url.credential
        username, password = (credential.username, credential.password) if credential else ("", "")
        return self._run(
            "--no-interaction",
            "--no-ansi",
            "--directory",
            str(project.absolute()),
            "add",
            requirement,
            variables={
                "POETRY_HTTP_BASIC_REGISTRY_USERNAME": username,
                "POETRY_HTTP_BASIC_REGISTRY_PASSWORD": password,
                "POETRY_VIRTUALENVS_IN_PROJECT": "true",
                "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
            },
            secrets=index_url.secrets,
        )
