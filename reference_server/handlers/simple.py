"""The simple repository API: the root page and the pages of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug import Response

from reference_server.rendering import html
from reference_server.rendering.pages import FileLink, ProjectLink, ProjectPage, RootPage

if TYPE_CHECKING:
    from reference_server.handlers.call import Call


def root_page(call: Call) -> Response:
    """List every project once."""
    if call.registry.rules.redirects_slashless and _slashless(call):
        return _redirect(call, "simple/")
    names = call.registry.project_names(call.gitlab_project)
    page = RootPage(projects=tuple(ProjectLink(name=name, url=f"{quote(name)}/") for name in names))
    return _respond(call, html.root_page(call.fault.root_page(page)))


def project_page(call: Call, name: str) -> Response:
    """List every file of a project, asked for by any spelling of its name."""
    rules = call.registry.rules
    packages = call.registry.listed(call.gitlab_project, name)
    normalized = packages[0].normalized
    slashless = _slashless(call)
    if (slashless and rules.redirects_slashless) or (name != normalized and rules.redirects_unnormalized):
        return _redirect(call, f"{'' if slashless else '../'}{quote(normalized, safe='')}/")
    page = ProjectPage(
        name=packages[0].name,
        files=tuple(
            FileLink(
                filename=file.filename,
                url=f"../../files/{file.sha256}/{quote(file.filename, safe='')}",
                hashes={"sha256": file.sha256},
                requires_python=file.requires_python,
            )
            for package in packages
            for file in package.files
        ),
    )
    return _respond(call, html.project_page(call.fault.project_page(page)))


def _respond(call: Call, body: bytes) -> Response:
    return Response(call.fault.rendered(body), content_type=html.CONTENT_TYPE)


def _slashless(call: Call) -> bool:
    return not call.request.routed_path.endswith("/")


def _redirect(call: Call, location: str) -> Response:
    """Send the client to a relative URL, so that origin and prefix stay whatever they are for it."""
    query = call.request.query_string.decode("latin-1")
    return Response(status=301, headers={"Location": f"{location}?{query}" if query else location})
