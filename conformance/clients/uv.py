"""Driver for uv, which installs, locks and uploads."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use
from conformance.wire.credential import secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.clients.wanted import Wanted
    from conformance.wire.credential import Credential

_ISOLATED: Mapping[str, str] = {
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_NO_ATTESTATIONS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}
"""No settings of the user, and no other downloads."""

_REQUIREMENTS = "requirements.txt"
_PROJECT = """\
[project]
name = "consumer"
version = "0"
requires-python = ">=3.11,<4"
dependencies = [{requirement}]

[tool.uv]
package = false
prerelease = "{pre}"

[[tool.uv.index]]
name = "registry"
url = {url}
default = true
"""

PLACEHOLDER = ("anybody", "anything")
"""The user name and password for a registry without authentication: uv and others do not publish without any."""


@dataclass(frozen=True, kw_only=True)
class Uv(Client):
    """Installs, locks and uploads. Credentials go through the environment, as with twine."""

    name: ClassVar[str] = "uv"
    uses: ClassVar[tuple[Use, ...]] = (
        Use(
            "uv pip install",
            Activity.READS,
            ("pip", "install", "--python", sys.executable, "--target", "{folder}", "{project}"),
        ),
        Use("uv publish", Activity.UPLOADS, ("publish", "--trusted-publishing", "never", "{file}")),
    )

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point uv at one registry."""
        username, password = index.login
        return {
            **_ISOLATED,
            "UV_INDEX_URL": index.with_credential,
            "UV_PUBLISH_URL": upload_url,
            "UV_PUBLISH_USERNAME": username,
            "UV_PUBLISH_PASSWORD": password,
        }

    def publish(
        self,
        files: Iterable[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Upload `files` to the URL `to`, with `PLACEHOLDER` if `credential` is None.

        With `skip_existing` those that the index has are left out.

        Source: https://docs.astral.sh/uv/reference/cli/#uv-publish
        """
        username, password = (credential.username, credential.password) if credential else PLACEHOLDER
        check = {"UV_PUBLISH_CHECK_URL": index_url.with_credential} if skip_existing and index_url else {}
        return self._run(
            "publish",
            "--trusted-publishing",
            "never",
            "--keyring-provider",
            "disabled",
            "--publish-url",
            to,
            *(str(file.absolute()) for file in files),
            variables={
                **_ISOLATED,
                "UV_HTTP_RETRIES": "0",
                "UV_PUBLISH_USERNAME": username,
                "UV_PUBLISH_PASSWORD": password,
                **check,
            },
            secrets=secrets_of(credential),
        )

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what is wanted into the directory `site` of `folder`.

        Source: https://docs.astral.sh/uv/reference/cli/#uv-pip-install
        """
        return self._add(wanted, folder, index_url, {"UV_INDEX_URL": index_url.with_credential})

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Install what is wanted from two indexes, of which `other` is the default one, which comes last.

        Source: https://docs.astral.sh/uv/concepts/indexes/#searching-across-multiple-indexes
        """
        indexes = {"UV_INDEX": index_url.with_credential, "UV_DEFAULT_INDEX": other.with_credential}
        return self._add(wanted, folder, index_url, indexes)

    def _add(
        self, wanted: Wanted, folder: Path, index_url: IndexURL, indexes: Mapping[str, str]
    ) -> ClientRun:
        """Install from indexes that variables name. With a cache, pages are asked for again."""
        (folder / _REQUIREMENTS).write_text(f"{wanted.line}\n", encoding="utf-8")
        return self._run(
            *("pip", "install", "--python", sys.executable, "--target", str(folder / "site")),
            *("--requirement", _REQUIREMENTS),
            *(["--cache-dir", str(self.cache), "--refresh"] if self.cache else ["--no-cache"]),
            *(["--prerelease", "allow"] if wanted.pre else []),
            *(["--require-hashes"] if wanted.sha256 else []),
            variables={**_ISOLATED, "UV_HTTP_RETRIES": "0", **indexes},
            secrets=index_url.secrets,
            directory=folder,
        )

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in `folder` that depends on what is wanted, and write its `uv.lock`.

        Source: https://docs.astral.sh/uv/concepts/projects/sync/
        """
        text = _PROJECT.format(
            requirement=json.dumps(wanted.requirement),
            url=json.dumps(index_url.url),
            pre="allow" if wanted.pre else "if-necessary-or-explicit",
        )
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        return self._in_project(folder, index_url, "lock")

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what `uv.lock` names, and ask nothing else.

        Source: https://docs.astral.sh/uv/concepts/projects/sync/
        """
        return self._in_project(folder, index_url, "sync", "--frozen")

    def _in_project(self, folder: Path, index_url: IndexURL, *arguments: str) -> ClientRun:
        names = ("UV_INDEX_REGISTRY_USERNAME", "UV_INDEX_REGISTRY_PASSWORD")
        settings = {name: value for name, value in _ISOLATED.items() if name != "UV_NO_CONFIG"}
        return self._run(
            *(*arguments, "--python", sys.executable, "--no-cache"),
            variables={
                **settings,
                "UV_HTTP_RETRIES": "0",
                **(dict(zip(names, index_url.login, strict=True)) if index_url.credential else {}),
            },
            secrets=index_url.secrets,
            directory=folder,
        )
