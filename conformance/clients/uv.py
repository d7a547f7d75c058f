"""Driver for uv, which installs and uploads."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential

_ISOLATED: Mapping[str, str] = {
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_NO_ATTESTATIONS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}
"""No settings of the user, and no other downloads."""

PLACEHOLDER = ("anybody", "anything")
"""The user name and password for a registry without authentication: uv does not publish without any."""


@dataclass(frozen=True, kw_only=True)
class Uv(Client):
    """Uploads with `uv publish`. Credentials go through the environment, as with twine."""

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

    def publish(self, files: Iterable[Path], *, to: str, credential: Credential | None) -> ClientRun:
        """Upload `files` to the URL `to`, with `PLACEHOLDER` if `credential` is None.

        Source: https://docs.astral.sh/uv/reference/cli/#uv-publish
        """
        username, password = (credential.username, credential.password) if credential else PLACEHOLDER
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
            },
            secrets=[(username, password)] if credential else [],
        )
