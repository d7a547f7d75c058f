"""The style sheet, the script and the icon."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.model.errors import NotFoundError

if TYPE_CHECKING:
    from reference_server.web.visit import Visit

TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def asset(visit: Visit, name: str) -> Response:
    """Send an asset."""
    del visit
    if name not in TYPES:
        raise NotFoundError
    return Response(_content(name), content_type=TYPES[name], headers={"Cache-Control": "max-age=300"})


@cache
def _content(name: str) -> bytes:
    return files("reference_server").joinpath("web", "assets", name).read_bytes()
