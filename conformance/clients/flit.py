"""Driver for flit, which builds and uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.release import release_of
from conformance.wire.credential import login_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential

_BUILD = '\n[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'


@dataclass(frozen=True, kw_only=True)
class Flit(Client):
    """Builds a release and uploads it. Credentials go through the environment."""

    name: ClassVar[str] = "flit"
    builds: ClassVar[bool] = True

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point flit at one registry."""
        username, password = index.login
        return {"FLIT_INDEX_URL": upload_url, "FLIT_USERNAME": username, "FLIT_PASSWORD": password}

    def publish(
        self,
        files: Sequence[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Build and upload the release of `files`, in one of its kinds or in both.

        `to` is a URL, or the name of a repository in a .pypirc at home.

        Source: https://flit.pypa.io/en/stable/cmdline.html#flit-publish
        """
        del skip_existing, index_url
        release = release_of(files)
        module = release.name.replace("-", "_")
        username, password = login_of(credential)
        login = {"FLIT_INDEX_URL": to, "FLIT_USERNAME": username, "FLIT_PASSWORD": password}
        named = [] if "://" in to else ["--repository", to]
        one_kind = ["--format", release.kinds[0]] if len(release.kinds) == 1 else []
        return self._run(
            *("publish", "--no-use-vcs", *one_kind, *named),
            files={
                "pyproject.toml": f'{release.project}\n[tool.flit.module]\nname = "{module}"\n{_BUILD}',
                f"{module}.py": '"""For a conformance test."""\n',
            },
            variables={} if named else login,
            secrets=secrets_of(credential),
        )
