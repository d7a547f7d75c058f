"""The simple pages as HTML. Source: PyPA "Simple repository API"."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

    from reference_server.rendering.pages import ProjectPage, RootPage

PIECES = 5_000
"""How many pieces of a template are sent together."""

CONTENT_TYPE = "text/html; charset=utf-8"


def project_page(page: ProjectPage) -> bytes:
    """Render a project's page in UTF-8."""
    return environment().get_template("project.html").render(page=page).encode()


def root_page(page: RootPage) -> bytes:
    """Render the root page in UTF-8."""
    return environment().get_template("root.html").render(page=page).encode()


def root_pieces(page: RootPage) -> Iterator[bytes]:
    """Render the root page in UTF-8, piece by piece."""
    stream = environment().get_template("root.html").stream(page=page)
    stream.enable_buffering(PIECES)
    return map(str.encode, stream)


@cache
def environment() -> Environment:
    """Return the templates, with escaping on."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("reference_server", "rendering/templates"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
