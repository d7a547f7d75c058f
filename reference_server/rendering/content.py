"""The content of a project's page, from its packages and the rules. Pure functions."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from reference_server.model import ACTIVE
from reference_server.rendering.pages import FileLink, ProjectPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from reference_server.model import Package, PackageFile, ProjectStatus
    from reference_server.rules.rules import Rules


def project_content(
    rules: Rules,
    packages: Sequence[Package],
    status: ProjectStatus,
    *,
    files: Iterable[FileLink],
    serial: int | None = None,
    url: str = "",
) -> ProjectPage:
    """Return the page of a project with these packages, at least one, and these links."""
    versions = (str(rules.version_key(package.version)) for package in packages)
    return ProjectPage(
        name=packages[0].name,
        normalized=packages[0].normalized,
        versions=tuple(dict.fromkeys(versions)),
        status=None if status == ACTIVE else status.status.value,
        status_reason=status.reason,
        files=tuple(files),
        serial=serial,
        repository_version=rules.api_version,
        url=url,
    )


def file_link(
    rules: Rules, package: Package, file: PackageFile, *, provenance: str | None = None
) -> FileLink:
    """Return the link to a file in `files/`, beside the folder of all pages."""
    return FileLink(
        filename=file.filename,
        url=file_reference(file),
        hashes={name: file.digests[name] for name in rules.listed_hashes if name in file.digests},
        requires_python=rules.listed_requires_python(package, file),
        size=file.listed_size,
        upload_time=_time(file.listed_time) if file.listed_time else None,
        core_metadata=file.listed_metadata,
        yanked=file.yanked,
        provenance=provenance,
    )


def file_reference(file: PackageFile) -> str:
    """Return the URL of a file, relative to the page of its project."""
    return f"../../files/{file.sha256}/{quote(file.filename, safe='')}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
