"""The simple pages as JSON, as GitLab writes them. Source: GitLab's JSON presenters of PyPI packages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from reference_server.rendering.gitlab_html import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.rendering.pages import FileLink, ProjectPage, RootPage

META = {"api-version": "1.0"}


def project_page(page: ProjectPage, /) -> bytes:
    """Render a project's page in UTF-8: absolute URLs with fragments, and no keys after version 1.0."""
    files = [_file(page.url, file) for file in page.files]
    return _encoded({"meta": META, "name": page.normalized, "files": files})


def root_page(page: RootPage, /) -> bytes:
    """Render the root page in UTF-8: each normalized name once, sorted."""
    names = sorted({unquote(project.url.rstrip("/")) for project in page.projects})
    return _encoded({"meta": META, "projects": [{"name": name} for name in names]})


def root_pieces(page: RootPage, /) -> Iterator[bytes]:
    """Render the root page in UTF-8, in one piece."""
    yield root_page(page)


def _file(page: str, file: FileLink) -> dict[str, Any]:
    body = {"filename": file.filename, "url": absolute(page, file.href), "hashes": dict(file.hashes)}
    return body | ({"requires-python": file.requires_python} if file.requires_python else {})


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
