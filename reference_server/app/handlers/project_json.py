"""PyPI's JSON API: a project and its releases. Source: Warehouse's documentation, "JSON API"."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from reference_server.app.handlers.call import is_there
from reference_server.app.handlers.sending import page_answer
from reference_server.app.handlers.simple import listed, redirect, serial_of, stated
from reference_server.archives.opening import leniently
from reference_server.model.errors import FileDamagedError, PackageNotFoundError
from reference_server.rendering.page_cache import RenderedPage
from reference_server.rendering.project_json import Project, described, document

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.app.handlers.call import ReadingCall
    from reference_server.model import Package, PackageFile

MEDIA_TYPE = "application/json"


def project(call: ReadingCall, name: str) -> Response:
    """Describe the latest release of a project, and list the files of all."""
    return _answer(call, name)


def release(call: ReadingCall, name: str, version: str) -> Response:
    """Describe one release."""
    return _answer(call, name, version)


def _answer(call: ReadingCall, name: str, version: str | None = None) -> Response:
    normalized = call.registry.rules.normalize(name)
    serial = serial_of(call, normalized)
    packages = [
        replace(package, files=there)
        for package in listed(call, name)
        if (there := tuple(filter(is_there, package.files)))
    ]
    if not packages:  # of a project in quarantine
        raise PackageNotFoundError
    if name != normalized:
        return _redirect(call, normalized, version)
    chosen = described(packages, version)
    if chosen is None:
        raise PackageNotFoundError
    asked = Project(
        packages=packages,
        emptied=_emptied(call, name),
        serial=stated(call, serial),
        root=call.request.root_url.rstrip("/"),
        path_of=partial(_path, call),
    )
    body = document(asked, chosen, _metadata(call, chosen), whole=version is None)
    return page_answer(
        call, RenderedPage(json.dumps(body).encode(), MEDIA_TYPE), vary="", serial=stated(call, serial)
    )


def _redirect(call: ReadingCall, name: str, version: str | None) -> Response:
    """Redirect to a relative URL, which keeps the origin and prefix that the client uses."""
    path = call.request.routed_path
    parts = [name] if version is None else [name, version]
    if call.request.flavour.routed(path) != path:  # PyPI's path: below a GitLab project, `json` comes first
        parts.append("json")
    up = "../" * (len(parts) - 1 + path.endswith("/"))
    return redirect(call, up + "/".join(quote(each, safe="") for each in parts))


def _path(call: ReadingCall, file: PackageFile) -> str:
    flavour = call.request.flavour
    if flavour.file_path and call.index.gitlab_projects[0].id == flavour.gitlab_project:
        return flavour.file_path(file)
    return f"/{call.index.repository}/files/{file.sha256}/{quote(file.filename, safe='')}"


def _emptied(call: ReadingCall, name: str) -> list[str]:
    """Return the versions whose files were all deleted."""
    owners = call.index.gitlab_projects
    packages = (package for owner in owners for package in call.registry.packages(owner, name=name))
    return [package.version for package in packages if not package.files]


def _metadata(call: ReadingCall, release: Package) -> bytes | None:
    """Return the metadata of the first upload of a release: no later one changes what is stated.

    What another index has may be here in part, and the first file without its metadata.
    """
    found = (
        file.core_metadata.document if file.core_metadata else _inside(call, file) for file in release.files
    )
    return next(filter(None, found), None)


def _inside(call: ReadingCall, file: PackageFile) -> bytes | None:
    rules = call.registry.rules
    try:
        archive = leniently(rules.open_archive)(file.filename, file.blob, rules.archive_limits)
    except (FileNotFoundError, FileDamagedError):  # the page of the project lists such a file, too
        return None
    return rules.reads_metadata(archive) if archive else None
