"""Reads from a request what a fault wants to know before the server has looked at it."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.model import GitLabProject

_PART = re.compile(rb'form-data; name="([^"]*)"')


def body_of(request: Request) -> bytes:
    """Give the whole body, and leave it where it can be read again."""
    body = request.body.read()
    request.body = BytesIO(body)
    return body


def parts_of(request: Request) -> list[str]:
    """Name the parts of an upload's form, in their order."""
    return [name.decode() for name in _PART.findall(body_of(request))]


def gitlab_project_of(request: Request) -> GitLabProject:
    """Give the GitLab project that a request names. Raises `GitLabProjectNotFoundError`."""
    return request.registry.gitlab_project(request.arguments["gitlab_project"].replace("%2F", "/"))
