"""Routes, and how to read a request before the server does."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import GitLabProject

PAGES = frozenset({"root_page", "project_page"})
FILES = frozenset({"file", "metadata_file"})
READING = PAGES | FILES


def body_of(request: Request) -> bytes:
    """Return the whole body; it can be read again."""
    body = request.body.read()
    request.body = BytesIO(body)
    return body


def gitlab_project_of(request: Request) -> GitLabProject:
    """Return the GitLab project in the URL. Raises `GitLabProjectNotFoundError`."""
    return request.registry.gitlab_project(request.arguments["gitlab_project"].replace("%2F", "/"))
