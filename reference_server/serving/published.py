"""Publishes what tests have at hand: a distribution, a file, bytes. And changes what was published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urljoin

from reference_server.archives.file_names import file_name_of
from reference_server.distributions import Distribution
from reference_server.errors import UserError
from reference_server.model import CoreMetadata
from reference_server.model.errors import FileNameTakenError
from reference_server.model.grammar import normalize, read_from
from reference_server.rendering.content import file_reference
from reference_server.rules.selection import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reference_server.model import PackageFile, Status
    from reference_server.rules.registry import Registry

SUFFIXES = (".whl", ".tar.gz", ".zip")


class NotPublishedError(UserError, ValueError):
    """There is no distribution to publish."""


@dataclass(frozen=True)
class Published:
    """A file of a registry. The methods change it or its project, and return it."""

    registry: Registry
    gitlab_project: int
    name: str
    """The project's name, as it was published."""
    version: str
    """The version, as it was published."""
    file: PackageFile
    index_url: Callable[[], str]
    """Returns the URL of the index that lists it. The port is known after the start."""

    @property
    def url(self) -> str:
        """The URL of the file, available after the start."""
        page = f"{self.index_url()}{quote(normalize(self.name), safe='')}/"
        return urljoin(page, file_reference(self.file))

    @property
    def filename(self) -> str:
        """The file name."""
        return self.file.filename

    @property
    def sha256(self) -> str:
        """The digest in the file's URL."""
        return self.file.sha256

    def yank(self, reason: str = "") -> Self:
        """Yank the file."""
        self.registry.yank(
            self.name, reason=reason, filename=self.filename, gitlab_project=self.gitlab_project
        )
        return self

    def unyank(self) -> Self:
        """Undo the yank of the file."""
        self.registry.unyank(self.name, filename=self.filename, gitlab_project=self.gitlab_project)
        return self

    def status(self, status: Status | str, reason: str | None = None) -> Self:
        """Set the status of the whole project: `archived`, `quarantined`, `deprecated` or `active`."""
        self.registry.set_status(self.name, status, reason=reason, gitlab_project=self.gitlab_project)
        return self

    def provenance(self, provenance: Mapping[str, Any] | None) -> Self:
        """Attach a provenance object to the file; None removes it."""
        self.registry.attach_provenance(
            self.name, self.filename, provenance, gitlab_project=self.gitlab_project
        )
        return self

    def metadata(self, document: bytes | str | None) -> Self:
        """Serve this metadata file, with its hash, whatever the archive contains; None serves none."""
        content = document.encode() if isinstance(document, str) else document
        self.registry.set_metadata(
            self.name,
            None if content is None else CoreMetadata(content),
            filename=self.filename,
            gitlab_project=self.gitlab_project,
        )
        return self

    def uploaded_at(self, when: datetime | str) -> Self:
        """Let the file have been uploaded at this time; a text is in ISO 8601, in UTC unless it has a time zone."""
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        self.registry.set_upload_time(
            self.name,
            (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC),
            filename=self.filename,
            gitlab_project=self.gitlab_project,
        )
        return self

    def delete(self) -> None:
        """Delete the file."""
        self.registry.delete(self.name, filename=self.filename, gitlab_project=self.gitlab_project)


def publish(
    registry: Registry,
    what: Distribution | Path | str | bytes,
    *,
    index_url: Callable[[], str],
    gitlab_project: int = OWN,
) -> Published:
    """Publish a distribution, the file at a path, or the bytes of a wheel or an sdist.

    The name of the file comes from the bytes where it has none. The content is not checked. `index_url` returns the URL
    of the index that lists the file. Raises `NotPublishedError`, and as `Registry.publish`.
    """
    name = version = None
    if isinstance(what, Distribution):
        filename, content, name, version = what.filename, what.content, what.name, what.version
    elif isinstance(what, bytes):
        filename, content = _file_name(what), what
    else:
        filename, content = Path(what).name, _read(Path(what))
    if name is None and read_from(filename, None) is None:
        raise NotPublishedError(
            f"{filename!r} is not the file name of a wheel or an sdist",
            "A file name has the name and the version, as demo-1.0-py3-none-any.whl and demo-1.0.tar.gz do.",
        )
    owner = gitlab_project or registry.own
    try:
        file = registry.publish(filename, content, name=name, version=version, gitlab_project=owner)
    except FileNameTakenError as error:
        error.add_note(f"{filename} is published already. Delete it first, or publish another version.")
        raise
    package = registry.package(registry.gitlab_project(str(owner)), file.package_id)
    return Published(registry, owner, package.name, package.version, file, index_url)


def publish_folder(
    registry: Registry, folder: Path | str, *, index_url: Callable[[], str], gitlab_project: int = OWN
) -> tuple[Published, ...]:
    """Publish all wheels and sdists in a folder, in the order of their names. Raises as `publish`."""
    return tuple(
        publish(registry, path, index_url=index_url, gitlab_project=gitlab_project)
        for path in _distributions(Path(folder))
    )


def _distributions(folder: Path) -> Iterable[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    except OSError as error:
        raise NotPublishedError(f"cannot read the folder {folder}: {error.strerror}") from error
    if not found:
        raise NotPublishedError(f"{folder} has no wheel and no sdist")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotPublishedError(
            f"cannot read {path}: {error.strerror}",
            "Give the path of a file, its bytes, or a distribution such as wheel('demo', '1.0').",
        ) from error


def _file_name(content: bytes) -> str:
    filename = file_name_of(content)
    if filename is None:
        raise NotPublishedError(
            "the bytes are neither a wheel nor an sdist", "Give a path, or a distribution with a file name."
        )
    return filename
