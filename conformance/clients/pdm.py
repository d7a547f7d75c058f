"""Driver for pdm, which locks, installs and uploads."""

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

_PROJECT = """\
[project]
name = "consumer"
version = "0"
requires-python = ">=3.11,<4"
dependencies = [{requirement}]

[tool.pdm]
distribution = false

[[tool.pdm.source]]
name = "pypi"
url = {url}
{other}
[tool.pdm.resolution]
allow-prereleases = {pre}
"""


@dataclass(frozen=True, kw_only=True)
class Pdm(Client):
    """Locks, installs and uploads. Credentials go through the environment, which its project file expands."""

    name: ClassVar[str] = "pdm"
    apart: ClassVar[bool] = True
    one_proxy: ClassVar[bool] = True
    uses: ClassVar[tuple[Use, ...]] = (Use("pdm add", Activity.READS, ("add", "{project}")),)

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables for one registry, whose index `prepare` declares as the only source."""
        username, password = index.login
        return {
            "PDM_CHECK_UPDATE": "0",
            "PDM_PUBLISH_REPO": upload_url,
            "PDM_PUBLISH_USERNAME": username,
            "PDM_PUBLISH_PASSWORD": password,
            **index.variables,
        }

    def prepare(self, folder: Path, index: IndexURL) -> None:
        """Create a project whose only source is the index."""
        _write_project(folder, index, requirement="", pre=False)

    def publish(
        self,
        files: Sequence[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
        index_url: IndexURL | None = None,
    ) -> ClientRun:
        """Upload every file in the folder of `files` to the URL `to`.

        Source: https://pdm-project.org/en/latest/reference/cli/#publish
        """
        del index_url
        release = release_of(files)
        username, password = login_of(credential)
        return self._run(
            *("publish", "--no-build", "--dest", str(release.folder)),
            *(["--skip-existing"] if skip_existing else []),
            files={"pyproject.toml": release.project},
            variables={
                "PDM_CHECK_UPDATE": "0",
                "PDM_USE_VENV": "0",  # to upload needs no environment
                "PDM_PUBLISH_REPO": to,
                "PDM_PUBLISH_USERNAME": username,
                "PDM_PUBLISH_PASSWORD": password,
            },
            secrets=secrets_of(credential),
        )

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in `folder`, add what is wanted, and install it in an environment there.

        Source: https://pdm-project.org/en/latest/reference/cli/#add
        """
        _write_project(folder, index_url, requirement="", pre=wanted.pre)
        return self._in_project(folder, index_url, "add", wanted.requirement)

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Create a project with two sources, and add what is wanted.

        Source: https://pdm-project.org/en/latest/usage/config/#respect-the-order-of-the-sources
        """
        _write_project(folder, index_url, requirement="", pre=wanted.pre, other=other)
        return self._in_project(folder, index_url, "add", wanted.requirement)

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Create a project in `folder` that depends on what is wanted, and write its `pdm.lock`.

        Source: https://pdm-project.org/en/latest/usage/lockfile/
        """
        _write_project(folder, index_url, requirement=wanted.requirement, pre=wanted.pre)
        return self._in_project(folder, index_url, "lock")

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what `pdm.lock` names."""
        return self._in_project(folder, index_url, "sync")

    def _in_project(self, folder: Path, index_url: IndexURL, *arguments: str) -> ClientRun:
        return self._run(
            *arguments,
            variables=self.settings(index_url, ""),
            secrets=index_url.secrets,
            directory=folder,
        )


def _write_project(
    folder: Path, index: IndexURL, *, requirement: str, pre: bool, other: IndexURL | None = None
) -> None:
    text = _PROJECT.format(
        other=f'\n[[tool.pdm.source]]\nname = "other"\nurl = {json.dumps(other.url)}\n' if other else "",
        requirement=json.dumps(requirement) if requirement else "",
        url=json.dumps(index.with_variables),
        pre=str(pre).lower(),
    )
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
