"""Driver for twine, which uploads distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use
from conformance.wire.credential import login_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential


@dataclass(frozen=True, kw_only=True)
class Twine(Client):
    """Uploads with `twine upload`; `verbose` prints the registry's answers.

    Credentials go through the environment or a private file, because every user of the machine can read the command
    line.
    """

    name: ClassVar[str] = "twine"
    credential_encoding: ClassVar[str] = "latin-1"
    anonymous: ClassVar[bool] = True
    uses: ClassVar[tuple[Use, ...]] = (
        Use("twine upload", Activity.UPLOADS, ("upload", "--disable-progress-bar", "{file}")),
    )

    warm_up: ClassVar[str] = "import twine.cli\nimport twine.commands.upload\n"

    verbose: bool = True
    forked: bool = True

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point twine at one registry."""
        username, password = index.login
        return {
            "TWINE_NON_INTERACTIVE": "1",
            "TWINE_REPOSITORY_URL": upload_url,
            "TWINE_USERNAME": username,
            "TWINE_PASSWORD": password,
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
        """Upload `files` to the URL `to`, or to the repository of that name in a .pypirc at home.

        Without authorization if `credential` is None.

        Source: https://twine.readthedocs.io/en/stable/#environment-variables
        """
        del index_url
        username, password = login_of(credential)
        return self._upload(
            files,
            "--repository-url" if "://" in to else "--repository",
            to,
            skip_existing=skip_existing,
            variables={"TWINE_USERNAME": username, "TWINE_PASSWORD": password},
            secrets=secrets_of(credential),
        )

    def publish_with_pypirc(
        self,
        files: Iterable[Path],
        *,
        to: str,
        credential: Credential,
        repository: str = "gitlab",
        skip_existing: bool = False,
    ) -> ClientRun:
        """Upload `files` to the URL `to`, which a `.pypirc` lists under the name `repository`.

        Errors: ValueError for a value that the file cannot contain (see `pypirc`).
        Source: https://docs.gitlab.com/user/packages/pypi_repository/
        """
        return self._upload(
            files,
            "--repository",
            repository,
            skip_existing=skip_existing,
            at_home={".pypirc": pypirc(repository, url=to, credential=credential)},
            secrets=credential.secrets,
        )

    def _upload(
        self,
        files: Iterable[Path],
        *repository: str,
        skip_existing: bool,
        variables: Mapping[str, str] | None = None,
        at_home: Mapping[str, str] | None = None,
        secrets: Iterable[tuple[str, str]],
    ) -> ClientRun:
        return self._run(
            "upload",
            "--non-interactive",
            "--disable-progress-bar",
            *(["--verbose"] if self.verbose else []),
            *(["--skip-existing"] if skip_existing else []),
            *repository,
            *(str(file.absolute()) for file in files),
            variables=variables,
            files=at_home,
            secrets=secrets,
        )


def pypirc(repository: str, *, url: str, credential: Credential) -> str:
    """Return the text of a `.pypirc` with one index server.

    Errors: ValueError for a value that is empty, or has a line break or surrounding spaces.
    Source: https://packaging.python.org/en/latest/specifications/pypirc/
    """
    values = {"repository": url, "username": credential.username, "password": credential.password}
    for key, value in values.items():
        if [value] != value.strip().splitlines():
            raise ValueError(
                f"a .pypirc cannot contain this {key}: it is empty, or has a line break or surrounding spaces"
            )
    section = "".join(f"{key} = {value}\n" for key, value in values.items())
    return f"[distutils]\nindex-servers =\n    {repository}\n\n[{repository}]\n{section}"
