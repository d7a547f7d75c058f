"""The simple pages as JSON. Source: PyPA "Simple repository API", JSON serialization."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reference_server.rendering.pages import FileLink, ProjectLink, ProjectPage, RootPage


SERIAL = "_last-serial"
"""The key of a serial. Source: Warehouse's documentation, "Index API"."""
PIECES = 5_000
"""How many projects are written together."""


def project_page(page: ProjectPage, /) -> bytes:
    """Render a project's page in UTF-8."""
    body: dict[str, Any] = {
        "meta": _meta(page),
        "name": page.normalized or page.name,
        "versions": page.versions,
        "project-status": _without_none({"status": page.status, "reason": page.status_reason}) or None,
    }
    return _encoded(_without_none(body) | {"files": [_file(file) for file in page.files]} | dict(page.keys))


def root_page(page: RootPage, /) -> bytes:
    """Render the root page in UTF-8."""
    projects = list(map(_project, page.projects))
    return _encoded({"meta": _meta(page), "projects": projects} | dict(page.keys))


def root_pieces(page: RootPage) -> Iterator[bytes]:
    """Render the root page in UTF-8, piece by piece."""
    yield b'{"meta":' + _encoded(_meta(page)) + b',"projects":['
    entries = iter(page.projects)
    separator = b""
    while projects := list(map(_project, islice(entries, PIECES))):
        yield separator + _encoded(projects)[1:-1]
        separator = b","
    yield b"]" + b"".join(b"," + _encoded({key: value})[1:-1] for key, value in page.keys.items()) + b"}"


def _meta(page: ProjectPage | RootPage) -> dict[str, Any]:
    return _without_none({"api-version": page.repository_version, SERIAL: page.serial})


def _project(link: ProjectLink) -> dict[str, Any]:
    return {"name": link.name} if link.serial is None else {"name": link.name, SERIAL: link.serial}


def _file(file: FileLink) -> dict[str, Any]:
    body = {
        "filename": file.filename,
        "url": file.url,
        "hashes": dict(file.hashes),
        "requires-python": file.requires_python,
        "size": file.size,
        "upload-time": file.upload_time,
        "core-metadata": file.core_metadata
        if file.core_metadata is None or isinstance(file.core_metadata, bool)
        else dict(file.core_metadata),
        "yanked": False if file.yanked is None else file.yanked or True,
        "provenance": file.provenance,
    }
    return _without_none(body) | dict(file.keys)


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _encoded(body: Mapping[str, Any] | list[Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
