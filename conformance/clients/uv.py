"""Driver for uv, which publishes distributions too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential

_ALONE: Mapping[str, str] = {
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_NO_ATTESTATIONS": "1",
    "UV_HTTP_RETRIES": "0",
    "UV_PYTHON_DOWNLOADS": "never",
}
"""What keeps uv to what it was asked for: no settings of others, no second try, nothing downloaded."""


ANYBODY = ("anybody", "anything")
"""The user name and password for a registry that asks for none: uv does not publish without any."""


@dataclass(frozen=True, kw_only=True)
class Uv(Client):
    """Publishes with `uv publish`. Credentials go through the environment, as with twine."""

    name: ClassVar[str] = "uv"

    def publish(self, files: Iterable[Path], *, to: str, credential: Credential | None) -> ClientRun:
        """Publish `files` to the upload URL `to`, as `ANYBODY` if `credential` is None.

        Source: https://docs.astral.sh/uv/reference/cli/#uv-publish
        """
        username, password = (credential.username, credential.password) if credential else ANYBODY
        return self._run(
            "publish",
            "--trusted-publishing",
            "never",
            "--keyring-provider",
            "disabled",
            "--publish-url",
            to,
            *(str(file.absolute()) for file in files),
            variables={**_ALONE, "UV_PUBLISH_USERNAME": username, "UV_PUBLISH_PASSWORD": password},
            secrets=[(username, password)] if credential else [],
        )
