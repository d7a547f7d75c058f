"""The simple pages as HTML. Source: PyPA "Simple repository API"."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

    from reference_server.rendering.pages import ProjectPage, RootPage

CONTENT_TYPE = "text/html; charset=utf-8"


def project_page(page: ProjectPage) -> bytes:
    """Render a project's page in UTF-8."""
    return environment().get_template("project.html").render(page=page).encode()


def root_page(page: RootPage) -> bytes:
    """Render the root page in UTF-8."""
    return environment().get_template("root.html").render(page=page).encode()


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
