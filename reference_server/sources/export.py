"""Writes a registry as a static index: pages in HTML and JSON, and files, for any web server.

Below the folder are `simple/index.html`, `simple/<project>/index.html`, an `index.json` beside each of them, and
`files/<sha256>/<file name>` with the metadata file beside it. All URLs are relative, so the folder can be served under
any path. Provenance objects need absolute URLs, and are left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from reference_server.errors import UserError
from reference_server.model.errors import FileDamagedError, PackageNotFoundError
from reference_server.model.grammar import is_valid_name
from reference_server.rendering import html, json
from reference_server.rendering.content import file_link, project_content
from reference_server.rendering.pages import ProjectLink, RootPage
from reference_server.sources.recording import FILENAME, SHA256, new_folder

if TYPE_CHECKING:
    from reference_server.model import GitLabProject, PackageFile
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules.registry import Registry

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    projects: int
    files: int


def export(
    registry: Registry, gitlab_project: GitLabProject, folder: Path, *, links: bool = False
) -> Exported:
    """Write the projects of a GitLab project to a new or empty folder.

    Files are copied, or, if it `links`, linked where the file system can do that. Raises `UserError`, also for a file
    whose content is not what was uploaded; then nothing is left behind.
    """
    names, number = registry.project_names(gitlab_project), 0
    with new_folder(folder) as written:
        simple = written / "simple"
        simple.mkdir()
        root = RootPage(
            projects=tuple(ProjectLink(name=name, url=f"{quote(name)}/") for name in names),
            repository_version=registry.rules.api_version,
        )
        (simple / "index.html").write_bytes(html.root_page(root))
        (simple / "index.json").write_bytes(json.root_page(root))
        for name in names:
            number += _export_project(registry, gitlab_project, name, written, links=links)
    return Exported(len(names), number)


def _export_project(
    registry: Registry, gitlab_project: GitLabProject, name: str, folder: Path, *, links: bool
) -> int:
    packages = registry.listed(gitlab_project, name)
    files = [(package, file) for package in packages for file in package.files]
    if not is_valid_name(name):
        raise UserError(f"a static index cannot have the project {name!r}", "Delete it.")
    for _, file in files:
        _export_file(file, folder, links=links)
    page = project_content(
        registry.rules,
        packages,
        registry.status(gitlab_project, name),
        files=(file_link(registry.rules, package, file) for package, file in files),
    )
    _write_page(page, folder / "simple" / name)
    return len(files)


def _require_usable(file: PackageFile) -> None:
    """Raise `UserError` for what has no place in a folder: flavours take file names and digests as they are claimed."""
    plain = FILENAME.fullmatch(file.filename) and file.filename.strip(".")
    if not plain or not SHA256.fullmatch(file.sha256):
        raise UserError(
            f"a static index cannot have {file.filename!r}: its name or its sha256 is invalid",
            "Delete the file.",
        )


def _write_page(page: ProjectPage, folder: Path) -> None:
    folder.mkdir()
    (folder / "index.html").write_bytes(html.project_page(page))
    (folder / "index.json").write_bytes(json.project_page(page))


def _export_file(file: PackageFile, folder: Path, *, links: bool) -> None:
    try:
        target = _written(file, folder, links=links)
    except (FileDamagedError, FileNotFoundError, PackageNotFoundError) as error:
        raise UserError(
            f"the content of {file.filename} is missing, or is not what was uploaded",
            "Delete the file, or upload it again.",
        ) from error
    moment = file.created_at.timestamp()
    if not links:
        os.utime(target, (moment, moment))
    if file.core_metadata is not None:
        metadata = target.with_name(f"{file.filename}.metadata")
        metadata.write_bytes(file.core_metadata.document)
        os.utime(metadata, (moment, moment))


def _written(file: PackageFile, folder: Path, *, links: bool) -> Path:
    """Copy or link a file, and return its path. Raises `FileDamagedError` for other bytes."""
    _require_usable(file)
    place = folder / "files" / file.sha256
    place.mkdir(parents=True, exist_ok=True)
    target = place / file.filename
    if not (links and _linked(file, target)):
        with file.blob.open() as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
    with target.open("rb") as written:
        if hashlib.file_digest(written, "sha256").hexdigest() != file.digests["sha256"]:
            raise FileDamagedError
    return target


def _linked(file: PackageFile, target: Path) -> bool:
    if not isinstance(file.blob.content, Path):
        return False
    try:
        os.link(os.path.realpath(file.blob.content), target)
    except FileExistsError:  # listed twice; its digest is checked
        return True
    except OSError:  # another file system
        return False
    return True
