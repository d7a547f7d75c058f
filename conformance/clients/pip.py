"""Driver for pip, which installs from an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict, Unpack

from conformance.clients.client import Client
from conformance.clients.use import Activity, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from conformance.clients.index_url import IndexURL
    from conformance.clients.run import ClientRun
    from conformance.clients.wanted import Wanted

_REQUIREMENTS = "requirements.txt"
_LOG = "pip.log"
LOCK_FILE = "pylock.toml"
"""The name of pip's lock file in a folder."""

_WARM_UP = """\
import pip._internal.cli.main
import pip._internal.commands.install
import pip._internal.commands.download
import pip._internal.commands.index
import pip._internal.cli.main_parser
import pip._internal.resolution.resolvelib.resolver
import pip._internal.operations.install.wheel
import pip._vendor.truststore
from pip._vendor import distro; distro.name(), distro.version(), distro.codename()
"""
"""What an installation imports. The last line starts `lsb_release`, for the User-Agent; pip keeps what it printed."""


class Selection(TypedDict, total=False):
    """Options for choosing distributions: keywords of `Pip.install` and `Pip.download`."""

    no_deps: bool
    """Ignore dependencies (default: true)."""
    only: Literal["wheel", "sdist"]
    """Allow only one kind of distribution."""
    pre: bool
    """Allow pre-releases."""
    python_version: str
    """Choose for this version of Python, such as 3.9. Only without dependencies, or from wheels."""
    require_hashes: bool
    """Refuse requirements without `--hash`."""


@dataclass(frozen=True, kw_only=True)
class Pip(Client):
    """Installs, downloads and lists; `verbose` reports on each page of an index.

    Its log tells why an index gave no page: pip prints the same for one that is missing and one without a connection.

    Uses only the given indexes, so a build backend has to be in the sdist or installed beside pip. Credentials go
    through the environment, because every user of the machine can read the command line.
    """

    name: ClassVar[str] = "pip"
    credential_encoding: ClassVar[str] = "latin-1"
    uses: ClassVar[tuple[Use, ...]] = (
        Use(
            "pip install",
            Activity.READS,
            ("install", "--no-compile", "--target", "{folder}", "{project}"),
        ),
    )

    warm_up: ClassVar[str] = _WARM_UP

    verbose: bool = False
    forked: bool = True

    @staticmethod
    def settings(index: IndexURL, upload_url: str) -> dict[str, str]:
        """Return environment variables that point pip at one registry."""
        del upload_url
        return {
            "PIP_INDEX_URL": index.with_credential,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INPUT": "1",
        }

    def install(
        self,
        *requirements: str,
        target: Path,
        index_url: IndexURL,
        extra_index_urls: Iterable[IndexURL] = (),
        **selection: Unpack[Selection],
    ) -> ClientRun:
        """Install `requirements`, lines of a requirements file, into the directory `target`.

        Source: https://pip.pypa.io/en/stable/cli/pip_install/
        """
        return self._run_pip(
            *("install", "--no-compile", "--no-build-isolation", "--target", str(target.absolute())),
            *_options(selection),
            requirements=requirements,
            indexes=[index_url, *extra_index_urls],
        )

    def download(
        self,
        *requirements: str,
        dest: Path,
        index_url: IndexURL,
        extra_index_urls: Iterable[IndexURL] = (),
        **selection: Unpack[Selection],
    ) -> ClientRun:
        """Save the distributions for `requirements`, lines of a requirements file, in the directory `dest`.

        Source: https://pip.pypa.io/en/stable/cli/pip_download/
        """
        return self._run_pip(
            *("download", "--no-build-isolation", "--dest", str(dest.absolute())),
            *_options(selection),
            requirements=requirements,
            indexes=[index_url, *extra_index_urls],
        )

    def add(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what is wanted, with its dependencies, into the directory `site` of `folder`."""
        return self._add(wanted, folder, index_url)

    def add_from_two(
        self, wanted: Wanted, *, folder: Path, index_url: IndexURL, other: IndexURL
    ) -> ClientRun:
        """Install what is wanted from two indexes.

        Source: https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
        """
        return self._add(wanted, folder, index_url, other)

    def _add(self, wanted: Wanted, folder: Path, index_url: IndexURL, *others: IndexURL) -> ClientRun:
        return self.install(
            wanted.line,
            target=folder / "site",
            index_url=index_url,
            extra_index_urls=others,
            no_deps=False,
            pre=wanted.pre,
            require_hashes=bool(wanted.sha256),
        )

    def lock(self, wanted: Wanted, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Write the `pylock.toml` of what is wanted into `folder`.

        Source: https://pip.pypa.io/en/stable/cli/pip_lock/
        """
        return self._run_pip(
            *("lock", "--output", str(folder.absolute() / LOCK_FILE)),
            *(["--pre"] if wanted.pre else []),
            requirements=[wanted.line],
            indexes=[index_url],
        )

    def sync(self, *, folder: Path, index_url: IndexURL) -> ClientRun:
        """Install what `pylock.toml` names into the directory `site` of `folder`.

        Source: https://pip.pypa.io/en/stable/cli/pip_install/
        """
        return self._run_pip(
            *("install", "--no-compile", "--target", str(folder.absolute() / "site")),
            *("--requirement", str(folder.absolute() / LOCK_FILE)),
            indexes=[index_url],
        )

    def index_versions(
        self,
        name: str,
        *,
        index_url: IndexURL,
        extra_index_urls: Iterable[IndexURL] = (),
        pre: bool = False,
    ) -> ClientRun:
        """List the versions of the project `name`: one request to each index, and no download.

        Source: https://pip.pypa.io/en/stable/cli/pip_index/
        """
        return self._run_pip(
            *("index", "versions", name),
            *(["--pre"] if pre else []),
            indexes=[index_url, *extra_index_urls],
        )

    def _run_pip(
        self, *arguments: str, indexes: Sequence[IndexURL], requirements: Sequence[str] = ()
    ) -> ClientRun:
        first, *extra = (index.with_credential for index in indexes)
        unencrypted = [host for index in indexes if (host := index.unencrypted_host)]
        return self._run(
            *arguments,
            *("--disable-pip-version-check", "--no-input", "--retries", "0", "--log", _LOG),
            *(["--cache-dir", str(self.cache)] if self.cache else ["--no-cache-dir"]),
            *(option for host in unencrypted for option in ("--trusted-host", host)),
            *(["-vv"] if self.verbose else []),
            *(["--requirement", _REQUIREMENTS] if requirements else []),
            files={_REQUIREMENTS: "".join(f"{line}\n" for line in requirements)} if requirements else {},
            # --isolated would hide these from pip. The hermetic environment has no others.
            variables={"PIP_INDEX_URL": first, "PIP_EXTRA_INDEX_URL": " ".join(extra)},
            secrets=[pair for index in indexes for pair in index.secrets],
            log=_LOG,
        )


def available_versions(run: ClientRun) -> list[str]:
    """Return the versions that `Pip.index_versions` listed, newest first; none after a failure."""
    for line in run.stdout.splitlines():
        label, _, versions = line.partition(": ")
        if label == "Available versions":
            return versions.split(", ")
    return []


def _options(selection: Selection) -> list[str]:
    options = []
    if selection.get("no_deps", True):
        options += ["--no-deps"]
    if kind := selection.get("only"):
        options += ["--only-binary" if kind == "wheel" else "--no-binary", ":all:"]
    if selection.get("pre"):
        options += ["--pre"]
    if version := selection.get("python_version"):
        options += ["--python-version", version]
    if selection.get("require_hashes"):
        options += ["--require-hashes"]
    return options
