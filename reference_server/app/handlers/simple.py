"""The simple repository API: the root page and the pages of projects."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug import Response

from reference_server.app.handlers.sending import not_acceptable, page_answer
from reference_server.model import ACTIVE
from reference_server.model.errors import PackageNotFoundError, PathInvalidError
from reference_server.rendering import json
from reference_server.rendering.page_cache import RenderedPage
from reference_server.rendering.pages import FileLink, ProjectLink, ProjectPage, RootPage
from reference_server.rules.negotiation import SIMPLE_JSON, real_type

if TYPE_CHECKING:
    from datetime import datetime

    from reference_server.app.handlers.call import Call
    from reference_server.flavours.flavour import Pages
    from reference_server.model import Package, PackageFile

VARY = "Accept"


def root_page(call: Call) -> Response:
    """List every project once."""
    if call.registry.rules.redirects_slashless and _slashless(call):
        return _redirect(call, "simple/")
    media_type = _media_type(call)
    if media_type is None:
        return not_acceptable(call.registry.rules.serializations, vary=VARY)

    def render() -> RenderedPage:
        page = call.alteration.root_page(_root(call))
        written = _written_as(call, media_type).root_page(page)
        return RenderedPage(call.alteration.rendered(written), media_type)

    owner, origin = call.gitlab_project.id, call.request.root_url
    serial = call.registry.store.serial(owner)
    return page_answer(call, call.pages.page((owner, media_type, origin), serial, render), vary=_vary(call))


def project_page(call: Call, name: str) -> Response:
    """List every file of a project under any spelling of its name."""
    rules = call.registry.rules
    name = _requested(call, name)
    normalized = (rules.requested_name or rules.normalize)(name)
    if rules.forwards_to is not None and not _is_here(call, name):
        return Response(status=302, headers={"Location": f"{rules.forwards_to.rstrip('/')}/{quote(name)}/"})
    slashless = _slashless(call)
    if (slashless and rules.redirects_slashless) or (name != normalized and rules.redirects_unnormalized):
        call.registry.listed(call.gitlab_project, name)
        return _redirect(call, f"{'' if slashless else '../'}{quote(normalized, safe='')}/")
    media_type = _media_type(call)
    if media_type is None:
        return not_acceptable(rules.serializations, vary=VARY)

    def render() -> RenderedPage:
        page = call.alteration.project_page(_project(call, name))
        written = _written_as(call, media_type).project_page(page)
        return RenderedPage(call.alteration.rendered(written), media_type)

    owner, origin = call.gitlab_project.id, call.request.root_url
    serial = call.registry.store.serial(owner, normalized)
    rendered = call.pages.page((owner, normalized, media_type, origin), serial, render)
    return page_answer(call, rendered, vary=_vary(call))


def _root(call: Call) -> RootPage:
    return RootPage(
        owner=call.gitlab_project.name,
        projects=_linked_versions(call) if call.registry.rules.links_versions else _linked_projects(call),
        repository_version=call.registry.rules.api_version,
        url=f"{_repository(call)}/simple/",
    )


def _linked_projects(call: Call) -> tuple[ProjectLink, ...]:
    names = call.registry.display_names(call.gitlab_project)
    return tuple(
        ProjectLink(name=display_name, url=f"{quote(name)}/") for name, display_name in names.items()
    )


def _linked_versions(call: Call) -> tuple[ProjectLink, ...]:
    stated = call.registry.rules.listed_requires_python
    return tuple(
        ProjectLink(
            name=package.name,
            url=f"{quote(package.normalized)}/",
            requires_python=stated(package, package.files[-1]),
        )
        for package in call.registry.listed_versions(call.gitlab_project)
    )


def _project(call: Call, name: str) -> ProjectPage:
    registry = call.registry
    packages = registry.listed(call.gitlab_project, name)
    status = registry.status(call.gitlab_project, name)
    versions = (str(registry.rules.version_key(package.version)) for package in packages)
    return ProjectPage(
        name=packages[0].name,
        normalized=packages[0].normalized,
        versions=tuple(dict.fromkeys(versions)),
        status=None if status == ACTIVE else status.status.value,
        status_reason=status.reason,
        files=tuple(_link(call, package, file) for package in packages for file in package.files),
        repository_version=registry.rules.api_version,
        url=f"{_repository(call)}/simple/{quote(packages[0].normalized, safe='')}/",
    )


def _link(call: Call, package: Package, file: PackageFile) -> FileLink:
    rules = call.registry.rules
    filename = quote(file.filename, safe="")
    release = f"{quote(package.normalized, safe='')}/{quote(package.version, safe='')}"
    return FileLink(
        filename=file.filename,
        url=f"../../files/{file.sha256}/{filename}",
        hashes={name: file.digests[name] for name in rules.listed_hashes if name in file.digests},
        requires_python=rules.listed_requires_python(package, file),
        size=file.size,
        upload_time=_time(file.created_at),
        core_metadata={"sha256": file.core_metadata.sha256} if file.core_metadata else None,
        yanked=file.yanked,
        provenance=f"{_repository(call)}/integrity/{release}/{filename}/provenance"
        if file.provenance
        else None,
    )


def _repository(call: Call) -> str:
    """Return the absolute base URL of the GitLab project's pages and files."""
    repository = f"{call.request.root_url}{call.request.flavour.layout.repository}".rstrip("/")
    return repository.replace("{gitlab_project}", str(call.gitlab_project.id))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _media_type(call: Call) -> str | None:
    """Choose the media type of a page. The query's `format` has precedence over the Accept header."""
    rules = call.registry.rules
    asked = call.request.args.get("format") if rules.reads_format else None
    if asked is not None:
        wanted = real_type(asked.replace(" ", "+"))  # a plus that was not encoded
        return wanted if wanted in rules.serializations else None
    accept = call.request.headers.get("Accept")
    chosen = rules.negotiate(accept, rules.serializations, rules.default_serialization)
    return chosen if chosen or rules.refuses_unacceptable else rules.default_serialization


def _written_as(call: Call, media_type: str) -> Pages:
    return json if media_type == SIMPLE_JSON else call.request.flavour.html


def _vary(call: Call) -> str:
    return VARY if len(call.registry.rules.serializations) > 1 else ""


def _requested(call: Call, name: str) -> str:
    """Return the requested name, where a name may have slashes. Raises `PathInvalidError`."""
    requested = name.replace("%2F", "/") if call.request.flavour.splats else name
    if not call.registry.rules.valid_path(requested):
        field = "package_name"
        raise PathInvalidError(field)
    return requested


def _is_here(call: Call, name: str) -> bool:
    try:
        call.registry.listed(call.gitlab_project, name)
    except PackageNotFoundError:
        return False
    return True


def _slashless(call: Call) -> bool:
    return not call.request.routed_path.endswith("/")


def _redirect(call: Call, location: str) -> Response:
    """Redirect to a relative URL, which keeps the origin and prefix that the client uses."""
    query = call.request.query_string.decode("latin-1")
    return Response(status=301, headers={"Location": f"{location}?{query}" if query else location})
