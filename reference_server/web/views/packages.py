"""A GitLab project's packages, one of them, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.version import InvalidVersion, Version
from werkzeug import Response

from reference_server.model import ACTIVE, ANONYMOUS, Action
from reference_server.model.errors import FileDamagedError, NotFoundError, RegistryError
from reference_server.rules import management
from reference_server.rules.protection import require_deletable
from reference_server.web.description import described
from reference_server.web.paths import PACKAGES
from reference_server.web.setup_lines import addresses, clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from reference_server.model import Package, PackageFile
    from reference_server.web.visit import Visit

PER_PAGE = 20
CHUNK = 64 * 1024
SORTS = ("created_at", "name", "version", "published_by")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a sorted list of packages."""

    packages: tuple[Package, ...]
    total: int
    search: str
    sort: str
    order: str
    page: int
    pages: int

    def query(self, **changes: object) -> str:
        """Return the query of this list with changes."""
        values: dict[str, object] = {
            "search": self.search,
            "sort": self.sort,
            "order": self.order,
            "page": self.page,
        }
        return "?" + "&".join(
            f"{name}={quote(str(value), safe='')}" for name, value in (values | changes).items()
        )

    def turned(self, sort: str) -> str:
        """Return the query that sorts by a column, in the other direction if it already does."""
        order = "desc" if (self.sort, self.order) == (sort, "asc") else "asc"
        return self.query(sort=sort, order=order, page=1)

    def direction(self, sort: str) -> str:
        """Return the column's `aria-sort`."""
        return {"asc": "ascending", "desc": "descending"}[self.order] if sort == self.sort else "none"


def index(visit: Visit) -> Response:
    """List packages, searched and sorted by the query."""
    if visit.owner.packages_enabled:
        visit.registry.authorize(visit.caller, visit.owner, Action.INSPECT)
        found = visit.registry.packages(visit.owner)
    else:
        found = ()
    return visit.page(
        "packages.html",
        listing=_listing(visit, found),
        clients=_clients(visit, "NAME"),
        registry_access=_access(visit),
    )


def _access(visit: Visit) -> str:
    """Return who may install, where this does not follow from the visibility. 13.4 has no such setting."""
    if "package_registry_access_level" in visit.request.flavour.rest_lacks:
        return ""
    return {"public": "everyone may install", "private": "members install"}.get(
        visit.owner.registry_access.value, ""
    )


def _listing(visit: Visit, packages: tuple[Package, ...]) -> Listing:
    asked = visit.request.args
    search, sort, order = asked.get("search", ""), asked.get("sort", ""), asked.get("order", "")
    sort = sort if sort in SORTS else "created_at"
    order = order if order in {"asc", "desc"} else "desc"
    found = [each for each in packages if search.casefold() in f"{each.name} {each.version}".casefold()]
    found.sort(key=_key(sort), reverse=order == "desc")
    pages = max(1, -(-len(found) // PER_PAGE))
    number = asked.get("page", "1")
    page = min(int(number), pages) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    first = (max(page, 1) - 1) * PER_PAGE
    return Listing(
        tuple(found[first : first + PER_PAGE]), len(found), search, sort, order, max(page, 1), pages
    )


def _key(sort: str) -> Callable[[Package], Any]:
    def version(package: Package) -> tuple[int, Any]:
        try:
            return 1, Version(package.version)
        except InvalidVersion:
            return 0, package.version

    keys: dict[str, Callable[[Package], Any]] = {
        "created_at": lambda each: (each.created_at, each.id),
        "name": lambda each: (each.normalized, version(each)),
        "version": version,
        "published_by": lambda each: (each.published_by, each.normalized),
    }
    return keys[sort]


def show(visit: Visit, package_id: int) -> Response:
    """Show a package with its files, and the other versions of its project."""
    package = _package(visit, package_id, Action.INSPECT)
    versions = sorted(
        visit.registry.packages(visit.owner, name=package.name), key=_key("version"), reverse=True
    )
    status = visit.registry.status(visit.owner, package.name)
    return visit.page(
        "package.html",
        package=package,
        versions=versions,
        marker=None if status == ACTIVE else status,
        described=described(package),
        clients=_clients(visit, package.normalized),
        may_delete=visit.may(Action.DELETE),
        may_yank=_yankable(visit),
        is_yanked=bool(package.files) and all(file.yanked is not None for file in package.files),
    )


def _clients(visit: Visit, name: str) -> Any:
    at = addresses(visit.request.root_url, visit.request.flavour, visit.owner)
    return clients(at, name, is_public=_is_readable_by_everyone(visit))


def _is_readable_by_everyone(visit: Visit) -> bool:
    """Return whether an installer needs no credential."""
    try:
        visit.registry.authorize(ANONYMOUS, visit.owner, Action.BROWSE)
    except RegistryError:
        return False
    return True


def download(visit: Visit, package_id: int, file_id: int) -> Response:
    """Send a file."""
    file = _file(visit, package_id, file_id, Action.DOWNLOAD)
    try:
        stream = file.blob.open()
    except FileNotFoundError as gone:
        _file(visit, package_id, file_id, Action.DOWNLOAD)  # else it was deleted since
        raise FileDamagedError from gone
    name = quote(file.filename, safe="+!")
    return Response(
        _chunks(stream),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(file.size)},
    )


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while data := stream.read(CHUNK):
            yield data


def delete(visit: Visit, package_id: int) -> Response:
    """Delete a package with its files."""
    package = _deletable(visit, package_id)
    visit.registry.delete_package(visit.owner, package.id)
    return visit.to(_list(visit), f"{package.name} {package.version} was deleted.")


def delete_file(visit: Visit, package_id: int, file_id: int) -> Response:
    """Delete one file."""
    _deletable(visit, package_id)
    file = _file(visit, package_id, file_id, Action.DELETE)
    visit.registry.delete_file(visit.owner, package_id, file.id)
    return visit.to(f"{_list(visit)}/{package_id}", f"{file.filename} was deleted.")


def _yankable(visit: Visit) -> bool:
    return "yank_version" not in visit.request.flavour.lacks


def _require_yankable(visit: Visit) -> None:
    """Raise `NotFoundError` in a flavour that yanks nothing, and whose pages have no button for it."""
    if not _yankable(visit):
        raise NotFoundError


def yank(visit: Visit, package_id: int) -> Response:
    """Yank all files of a package."""
    _require_yankable(visit)
    package = _package(visit, package_id, Action.DELETE)
    management.put_yank(visit.registry, visit.owner, package.id, _reason(visit))
    return visit.to(f"{_list(visit)}/{package.id}", f"{package.name} {package.version} was yanked.")


def unyank(visit: Visit, package_id: int) -> Response:
    """Undo the yank of all files of a package."""
    _require_yankable(visit)
    package = _package(visit, package_id, Action.DELETE)
    management.put_yank(visit.registry, visit.owner, package.id, None)
    return visit.to(f"{_list(visit)}/{package.id}", f"{package.name} {package.version} is offered again.")


def yank_file(visit: Visit, package_id: int, file_id: int) -> Response:
    """Yank one file."""
    _require_yankable(visit)
    file = _file(visit, package_id, file_id, Action.DELETE)
    management.put_yank(visit.registry, visit.owner, package_id, _reason(visit), file_id=file.id)
    return visit.to(f"{_list(visit)}/{package_id}", f"{file.filename} was yanked.")


def unyank_file(visit: Visit, package_id: int, file_id: int) -> Response:
    """Undo the yank of one file."""
    _require_yankable(visit)
    file = _file(visit, package_id, file_id, Action.DELETE)
    management.put_yank(visit.registry, visit.owner, package_id, None, file_id=file.id)
    return visit.to(f"{_list(visit)}/{package_id}", f"{file.filename} is offered again.")


def _reason(visit: Visit) -> str:
    """Return the reason on one line, without control characters."""
    return " ".join(
        "".join(each if each.isprintable() else " " for each in visit.form.text("reason")).split()
    )


def _list(visit: Visit) -> str:
    return f"/{visit.owner.full_path}{PACKAGES}"


def _package(visit: Visit, package_id: int, action: Action) -> Package:
    visit.registry.authorize(visit.caller, visit.owner, action)
    return visit.registry.package(visit.owner, package_id)


def _deletable(visit: Visit, package_id: int) -> Package:
    """Return a package that the caller may delete. Raises as `authorize` does, and `PackageDeletionProtectedError`."""
    package = _package(visit, package_id, Action.DELETE)
    require_deletable(visit.registry, visit.caller, visit.owner, package.name)
    return package


def _file(visit: Visit, package_id: int, file_id: int, action: Action) -> PackageFile:
    for file in _package(visit, package_id, action).files:
        if file.id == file_id:
            return file
    raise NotFoundError
