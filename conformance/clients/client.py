"""The base class of all drivers."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from conformance.clients.environment import hermetic
from conformance.clients.fork_server import AVAILABLE, fork_server
from conformance.clients.home import NO_HOME, Home
from conformance.clients.run import ClientMissing, ClientRun, execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.clients.index_url import IndexURL
    from conformance.clients.use import Use
    from conformance.wire.credential import Credential

_PRINT_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that an interpreter runs with `-m`, each time in a new private directory.

    `python` is the path of that interpreter, `ca_bundle` the certificates to trust, `timeout` the time limit of one
    run in seconds, and `workspace` the parent of the private directories (default: the system's temporary one).
    With `forked` a run is forked from a process that has imported the client, where the system allows that. This is
    for clients that read their settings in each run, and none when they are imported. `home` has what the client finds
    in each of these directories, beside what the driver writes. pip and uv keep a `cache` where there is one.
    """

    name: ClassVar[str]
    """The name of the program, its module and its package on an index."""
    credential_encoding: ClassVar[str] = "utf-8"
    """How it sends a user name and a password beyond ASCII, whatever the registry announces."""
    uses: ClassVar[tuple[Use, ...]] = ()
    """The commands that the report on clients runs."""
    anonymous: ClassVar[bool] = False
    """Whether it publishes without a credential."""
    builds: ClassVar[bool] = False
    """Whether it uploads what it has built, in the place of the files that it is given."""
    apart: ClassVar[bool] = False
    """Whether its users have it in an environment of its own, with its program on PATH."""
    one_proxy: ClassVar[bool] = False
    """Whether it takes the proxy of its index for all hosts, and none where the index is reached without one."""
    warm_up: ClassVar[str] = ""
    """Lines of code that have the same result in each run, for the process that runs are forked from."""

    python: Path = Path(sys.executable)
    ca_bundle: Path | None = None
    timeout: float = 120
    workspace: Path | None = None
    forked: bool = False
    home: Home = NO_HOME
    cache: Path | None = None

    @classmethod
    def find(cls) -> Self:
        """Return the client to use by default: that of this interpreter, or that on PATH where it lives `apart`."""
        program = shutil.which(cls.name) if cls.apart else None
        python = Path(program).resolve().with_name("python") if program else None
        return cls(python=python) if python and python.exists() else cls()

    @classmethod
    def import_early(cls) -> None:
        """Let the process that runs are forked from import the client now, beside what this process does."""
        client = cls.find()
        if client.forked and AVAILABLE:
            with suppress(OSError):  # the first run says what is missing
                fork_server(str(client.python), cls.name, cls.warm_up)

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point the client at one registry."""
        del index, upload_url
        return {}

    def garbles(self, credential: Credential) -> bool:
        """Tell whether it sends a credential in another encoding than the one that the registry reads."""
        return not credential.is_ascii and self.credential_encoding != credential.encoding

    def prepare(self, folder: Path, index: IndexURL) -> None:
        """Write the files that the client needs in its current directory."""

    @cached_property
    def version(self) -> str:
        """The client's version. Errors: ClientMissing."""
        if self.python == Path(sys.executable):
            try:
                return importlib.metadata.version(self.name)
            except importlib.metadata.PackageNotFoundError as error:
                raise self._missing() from error
        run = self._run_python("-c", _PRINT_VERSION, self.name, version="unknown")
        if not run.succeeded:
            raise self._missing()
        return run.stdout.strip()

    def _missing(self) -> ClientMissing:
        return ClientMissing(
            self.name,
            cause=f"{self.python} has no {self.name}",
            hint=f"Install it: {self.python} -m pip install {self.name}",
        )

    def _run(
        self,
        *arguments: str,
        files: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        secrets: Iterable[tuple[str, str]] = (),
        log: str = "",
        directory: Path | None = None,
    ) -> ClientRun:
        """Run the client with `arguments`.

        In: `files`, private texts by name, for its home; `variables`, added to its environment; `secrets` to hide;
        `log`, the name of the file there that it logs to; `directory`, the current one (default: its home).
        """
        return self._run_python(
            "-m",
            self.name,
            *arguments,
            version=self.version,
            files=files,
            variables=variables,
            secrets=secrets,
            log=log,
            forked=self.forked,
            directory=directory,
        )

    def _run_python(
        self,
        *arguments: str,
        version: str,
        files: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        secrets: Iterable[tuple[str, str]] = (),
        log: str = "",
        forked: bool = False,
        directory: Path | None = None,
    ) -> ClientRun:
        with tempfile.TemporaryDirectory(
            prefix=f"{self.name}-", dir=self.workspace, ignore_cleanup_errors=True
        ) as private:
            home = Path(private).absolute()
            for name, text in {**self.home.files, **(files or {})}.items():
                _write_private(home / name, text)
            return execute(
                [str(self.python), *arguments],
                client=self.name,
                version=version,
                environment=hermetic(
                    home, ca_bundle=self.ca_bundle, **self.home.applied_to(variables or {}, home)
                ),
                directory=directory or home,
                timeout=self.timeout,
                secrets=[*secrets, *self.home.secrets],
                log=log,
                warm_up=self.warm_up if forked else None,
            )


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o700 if text.startswith("#!") else 0o600)
    path.write_text(text, encoding="utf-8")
