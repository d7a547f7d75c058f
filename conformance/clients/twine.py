"""Driver for twine, the client that publishes distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from conformance.clients.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from conformance.clients.run import ClientRun
    from conformance.wire.credential import Credential


@dataclass(frozen=True, kw_only=True)
class Twine(Client):
    """Publishes with `twine upload`; `verbose` prints what the registry answers.

    Credentials go through the environment or a private file, as the command line can be
    read by every user of the machine.
    """

    name: ClassVar[str] = "twine"

    verbose: bool = True

    def upload(
        self,
        files: Iterable[Path],
        *,
        to: str,
        credential: Credential | None,
        skip_existing: bool = False,
    ) -> ClientRun:
        """Publish `files` to the upload URL `to`, without authorization if `credential` is None.

        Source: https://twine.readthedocs.io/en/stable/#environment-variables
        """
        username, password = (credential.username, credential.password) if credential else ("", "")
        return self._upload(
            files,
            "--repository-url",
            to,
            skip_existing=skip_existing,
            variables={"TWINE_USERNAME": username, "TWINE_PASSWORD": password},
            secrets=[(username, password)],
        )

    def upload_with_pypirc(
        self,
        files: Iterable[Path],
        *,
        to: str,
        credential: Credential,
        repository: str = "gitlab",
        skip_existing: bool = False,
    ) -> ClientRun:
        """Publish `files` to the upload URL `to`, which a `.pypirc` lists under the name `repository`.

        Errors: ValueError if that file cannot hold a value (see `pypirc`).
        Source: https://docs.gitlab.com/user/packages/pypi_repository/
        """
        return self._upload(
            files,
            "--repository",
            repository,
            skip_existing=skip_existing,
            at_home={".pypirc": pypirc(repository, url=to, credential=credential)},
            secrets=[(credential.username, credential.password)],
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

    Errors: ValueError if a value has a line break, or blanks at an end.
    Source: https://packaging.python.org/en/latest/specifications/pypirc/
    """
    values = {"repository": url, "username": credential.username, "password": credential.password}
    for key, value in values.items():
        if [value] != value.strip().splitlines():
            raise ValueError(
                f"a .pypirc cannot hold this {key}: empty, of several lines, or with blanks at an end"
            )
    section = "".join(f"{key} = {value}\n" for key, value in values.items())
    return f"[distutils]\nindex-servers =\n    {repository}\n\n[{repository}]\n{section}"
