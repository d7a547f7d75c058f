"""Reads a request before the server does."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import GitLabProject


def body_of(request: Request) -> bytes:
    """Give the whole body, and leave it where it can be read again."""
    body = request.body.read()
    request.body = BytesIO(body)
    return body


def gitlab_project_of(request: Request) -> GitLabProject:
    """Give the GitLab project that a request names. Raises `GitLabProjectNotFoundError`."""
    return request.registry.gitlab_project(request.arguments["gitlab_project"].replace("%2F", "/"))
