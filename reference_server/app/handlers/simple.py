"""The simple repository API: the root page and the pages of projects."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug import Response

from reference_server.app.handlers.call import is_there, repository
from reference_server.app.handlers.sending import not_acceptable, page_answer
from reference_server.model import ACTIVE
from reference_server.model.errors import PackageNotFoundError, PathInvalidError
from reference_server.rendering.content import file_link, project_content
from reference_server.rendering.large_page import ManyProjects, PackedPage
from reference_server.rendering.page_cache import RenderedPage
from reference_server.rendering.pages import ProjectLink, RootPage
from reference_server.rules.negotiation import SIMPLE_JSON, real_type

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from reference_server.app.handlers.call import ReadingCall
    from reference_server.flavours.flavour import Pages
    from reference_server.model import Package, PackageFile, ProjectStatus
    from reference_server.rendering.pages import FileLink, ProjectPage

VARY = "Accept"


def root_page(call: ReadingCall) -> Response:
    """List every project once."""
    if call.registry.rules.redirects_slashless and _slashless(call):
        return redirect(call, "simple/")
    media_type = _media_type(call)
    if media_type is None:
        return not_acceptable(call.registry.rules.serializations, vary=VARY)

    serial = serial_of(call)

    def render() -> RenderedPage | PackedPage:
        page = call.alteration.root_page(_root(call, serial))
        if not isinstance(page.projects, tuple) and "rendered" not in call.alteration.seams:
            make = partial(_written_as(call, media_type).root_pieces, page)
            return PackedPage(make, media_type, identity=repr(page))
        written = _written_as(call, media_type).root_page(page)
        return RenderedPage(call.alteration.rendered(written), media_type)

    rendered = call.pages.page((*_origin(call), media_type), serial, render)
    return page_answer(call, rendered, vary=_vary(call), serial=stated(call, serial))


def project_page(call: ReadingCall, name: str) -> Response:
    """List every file of a project under any spelling of its name."""
    rules = call.registry.rules
    name = _requested(call, name)
    normalized = (rules.requested_name or rules.normalize)(name)
    if rules.forwards_to is not None and not _is_here(call, name) and rules.may_forward(name):
        return Response(status=302, headers={"Location": f"{rules.forwards_to.rstrip('/')}/{quote(name)}/"})
    slashless = _slashless(call)
    if (slashless and rules.redirects_slashless) or (name != normalized and rules.redirects_unnormalized):
        listed(call, name)
        return redirect(call, f"{'' if slashless else '../'}{quote(normalized, safe='')}/")
    media_type = _media_type(call)
    if media_type is None:
        return not_acceptable(rules.serializations, vary=VARY)

    serial = serial_of(call, normalized)

    def render() -> RenderedPage:
        page = call.alteration.project_page(_project(call, name, serial))
        written = _written_as(call, media_type).project_page(page)
        return RenderedPage(call.alteration.rendered(written), media_type)

    key = (*_origin(call), normalized, media_type)
    rendered = call.pages.page(key, serial, render)
    return page_answer(call, rendered, vary=_vary(call), serial=stated(call, serial))


def _root(call: ReadingCall, serial: int) -> RootPage:
    rules = call.registry.rules
    store, has_serials = call.registry.store, call.request.flavour.has_serials
    links: Sequence[ProjectLink] = _linked_versions(call) if rules.links_versions else _linked_projects(call)
    if has_serials:
        links = _with_serials(call, links, serial)
    for owner in call.index.gitlab_projects:
        if names := store.generated_names(owner.id):
            stored = tuple(link for link in links if link.url.rstrip("/") not in names)
            serials = store.generated_serials(owner.id) if has_serials else None
            links = ManyProjects(stored, names, serials)
    return RootPage(
        owner=call.index.name,
        projects=links,
        serial=stated(call, serial),
        repository_version=rules.api_version,
        url=f"{_repository(call)}/simple/",
    )


def _linked_projects(call: ReadingCall) -> tuple[ProjectLink, ...]:
    names: dict[str, str] = {}
    for owner in call.index.gitlab_projects:
        names = {**call.registry.display_names(owner), **names}
    return tuple(ProjectLink(name=names[name], url=f"{quote(name)}/") for name in sorted(names))


def _with_serials(call: ReadingCall, links: Sequence[ProjectLink], latest: int) -> tuple[ProjectLink, ...]:
    serials: dict[str, int] = {}
    for owner in call.index.gitlab_projects:
        for name, serial in call.registry.store.serials(owner.id).items():
            serials[name] = max(serial, serials.get(name, 0))
    return tuple(replace(each, serial=serials.get(each.url.rstrip("/"), latest)) for each in links)


def _linked_versions(call: ReadingCall) -> tuple[ProjectLink, ...]:
    stated = call.registry.rules.listed_requires_python
    return tuple(
        ProjectLink(
            name=package.name,
            url=f"{quote(package.normalized)}/",
            requires_python=stated(package, package.files[-1]),
        )
        for owner in call.index.gitlab_projects
        for package in call.registry.listed_versions(owner)
    )


def _project(call: ReadingCall, name: str, serial: int) -> ProjectPage:
    registry = call.registry
    packages = listed(call, name)
    links = tuple(_links(call, packages))
    if not links and any(package.files for package in packages):
        raise PackageNotFoundError
    return project_content(
        registry.rules,
        packages,
        _status(call, name),
        files=links,
        serial=stated(call, serial),
        url=f"{_repository(call)}/simple/{quote(packages[0].normalized, safe='')}/",
    )


def _links(call: ReadingCall, packages: Sequence[Package]) -> Iterator[FileLink]:
    """Yield the links to files that are there. One that several GitLab projects have is listed once."""
    owners: dict[tuple[str, str], int] = {}
    for package in packages:
        for file in filter(is_there, package.files):
            owner = owners.setdefault((file.filename, file.sha256), package.gitlab_project)
            if owner == package.gitlab_project:
                yield _link(call, package, file)


def _link(call: ReadingCall, package: Package, file: PackageFile) -> FileLink:
    if not file.lists_provenance:
        return file_link(call.registry.rules, package, file)
    release = f"{quote(package.normalized, safe='')}/{quote(package.version, safe='')}"
    path = f"{release}/{quote(file.filename, safe='')}/provenance"
    return file_link(call.registry.rules, package, file, provenance=f"{_integrity(call, package)}/{path}")


def _repository(call: ReadingCall) -> str:
    """Return the absolute base URL of the pages and files."""
    return f"{call.request.root_url}{call.index.repository}".rstrip("/")


def _integrity(call: ReadingCall, package: Package) -> str:
    """Return the absolute base URL of provenance objects, which a group has none of."""
    path = repository(
        call.request, package.gitlab_project or call.index.gitlab_projects[0].id
    )  # 0: of a mirror
    return f"{call.request.root_url}{path}".rstrip("/") + "/integrity"


def _origin(call: ReadingCall) -> tuple[Hashable, ...]:
    """Return what a page depends on beside its content: the URLs in it, and whose packages in which store it shows."""
    owners = tuple(owner.id for owner in call.index.gitlab_projects)
    return call.index.repository, owners, call.request.root_url, id(call.registry.store)


def serial_of(call: ReadingCall, normalized: str | None = None) -> int:
    """Return the serial of a project, or of the whole index. Read before the content, it is never newer than that."""
    serial = call.registry.store.serial
    return max((serial(owner.id, normalized) for owner in call.index.gitlab_projects), default=0)


def stated(call: ReadingCall, serial: int) -> int | None:
    """Return a serial as answers state it: None where the flavour states none, and for what another index has.

    A mirror counts what it fetches, and beside the serials of this registry its own would go back.
    """
    is_stated = call.request.flavour.has_serials and not call.registry.store.is_copy
    return serial if is_stated else None


def listed(call: ReadingCall, name: str) -> tuple[Package, ...]:
    """Return a project's packages in all GitLab projects of the index. Raises `PackageNotFoundError`."""
    found: list[Package] = []
    for owner in call.index.gitlab_projects:
        with suppress(PackageNotFoundError):
            found += call.registry.listed(owner, name)
    if not found:
        raise PackageNotFoundError
    return tuple(sorted(found, key=lambda package: package.id))


def _status(call: ReadingCall, name: str) -> ProjectStatus:
    """Return a project's status, or active where it is not the same in all GitLab projects."""
    statuses = {call.registry.status(owner, name) for owner in call.index.gitlab_projects}
    return statuses.pop() if len(statuses) == 1 else ACTIVE


def _media_type(call: ReadingCall) -> str | None:
    """Choose the media type of a page. The query's `format` has precedence over the Accept header."""
    rules = call.registry.rules
    asked = call.request.args.get("format") if rules.reads_format else None
    if asked is not None:
        wanted = real_type(asked.replace(" ", "+"))  # a plus that was not encoded
        return wanted if wanted in rules.serializations else None
    accept = call.request.headers.get("Accept")
    chosen = rules.negotiate(accept, rules.serializations, rules.default_serialization)
    return chosen if chosen or rules.refuses_unacceptable else rules.default_serialization


def _written_as(call: ReadingCall, media_type: str) -> Pages:
    flavour = call.request.flavour
    return flavour.json if media_type == SIMPLE_JSON else flavour.html


def _vary(call: ReadingCall) -> str:
    return VARY if len(call.registry.rules.serializations) > 1 else ""


def _requested(call: ReadingCall, name: str) -> str:
    """Return the requested name, where a name may have slashes. Raises `PathInvalidError`."""
    requested = name.replace("%2F", "/") if call.request.flavour.splats else name
    if not call.registry.rules.valid_path(requested):
        field = "package_name"
        raise PathInvalidError(field)
    return requested


def _is_here(call: ReadingCall, name: str) -> bool:
    try:
        listed(call, name)
    except PackageNotFoundError:
        return False
    return True


def _slashless(call: ReadingCall) -> bool:
    return not call.request.routed_path.endswith("/")


def redirect(call: ReadingCall, location: str) -> Response:
    """Redirect to a relative URL, which keeps the origin and prefix that the client uses."""
    query = call.request.query_string.decode("latin-1")
    return Response(status=301, headers={"Location": f"{location}?{query}" if query else location})
