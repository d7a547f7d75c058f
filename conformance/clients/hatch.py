"""Driver for hatch, which uploads and makes environments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use
from conformance.wire.credential import login_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.clients.wanted import Wanted
    from conformance.wire.credential import Credential

_PROJECT = """\
[project]
name = "consumer"
version = "0"

[tool.hatch.envs.default]
skip-install = true
path = ".venv"
dependencies = [{requirement}]
"""


@dataclass(frozen=True, kw_only=True)
class Hatch(Client):
    """Uploads, and makes environments with pip. Credentials go through the environment, pip's own for reading."""

    name: ClassVar[str] = "hatch"
    apart: ClassVar[bool] = True
    uses: ClassVar[tuple[Use, ...]] = (
        Use("hatch publish", Activity.UPLOADS, ("publish", "--no-prompt", "{file}")),
    )

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point hatch, and the pip that installs for it, at one registry."""
        username, password = index.login
        return {
            "HATCH_INDEX_REPO": upload_url,
            "HATCH_INDEX_USER": username,
            "HATCH_INDEX_AUTH": password,
            "PIP_INDEX_URL": index.with_credential,
            "PIP_NO_INPUT": "1",
        }

    def publish(
        self,
        files: Sequence[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Upload `files` to the URL `to`.

        Source: https://hatch.pypa.io/latest/publish/
        """
        del skip_existing, index_url
        username, password = login_of(credential)
        return self._run(
            *("publish", "--no-prompt", *(str(file.absolute()) for file in files)),
            variables={"HATCH_INDEX_REPO": to, "HATCH_INDEX_USER": username, "HATCH_INDEX_AUTH": password},
            secrets=secrets_of(credential),
        )

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create the environment of a project in `folder` that depends on what is wanted.

        Source: https://hatch.pypa.io/latest/config/environment/overview/
        """
        return self._add(wanted, folder, index_url, {})

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Create the environment with pip, which reads both indexes.

        Source: https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
        """
        return self._add(wanted, folder, index_url, {"PIP_EXTRA_INDEX_URL": other.with_credential})

    def _add(
        self, wanted: Wanted, folder: Path, index_url: IndexURL, variables: Mapping[str, str]
    ) -> ClientRun:
        text = _PROJECT.format(requirement=json.dumps(wanted.requirement))
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        pre = {"PIP_PRE": "1"} if wanted.pre else {}
        return self._run(
            *("env", "create"),
            variables={**self.settings(index_url, ""), **variables, **pre},
            secrets=index_url.secrets,
            directory=folder,
        )
