"""What another place answers: projects and files that are not here, asked for only where this registry has none."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from reference_server.app.routes import DESCRIPTIONS
from reference_server.model.errors import PackageNotFoundError
from reference_server.model.grammar import normalize
from reference_server.rules.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.http.request import Request
    from reference_server.model import GitLabProject
    from reference_server.store.protocol import Store

PAGES = frozenset({"project_page", "group_project_page"}) | DESCRIPTIONS
FILES = frozenset({"file", "group_file"})
METADATA_FILES = frozenset({"metadata_file", "group_metadata_file"})
PROVENANCE = "provenance"


class Elsewhere(Protocol):
    """A place with further projects. Each `bring_…` makes `store` have what it is called for.

    They raise `RegistryError`: `PackageNotFoundError`, or `UpstreamError` if the place fails. `via` is the field of the
    request, which is passed on.
    """

    @property
    def store(self) -> Store:
        """What was brought here."""

    def is_loop(self, via: str) -> bool:
        """Return whether a request with this `Via` comes from this place."""

    def bring_project(self, name: str, *, via: str) -> None:
        """Bring the page of a project, by its normalized name."""

    def bring_file(self, location: str, filename: str, *, via: str) -> None:
        """Bring a file by the digest and the name in its URL."""

    def bring_metadata(self, location: str, filename: str, *, via: str) -> None:
        """Bring the metadata file of a file."""

    def bring_provenance(self, name: str, version: str, filename: str, *, via: str) -> None:
        """Bring the provenance object of a file, by the normalized name of its project."""


def has_project(registry: Registry, owners: Iterable[GitLabProject], name: str) -> bool:
    """Return whether one of the GitLab projects has a package of this name, in any state."""
    normalized = registry.rules.normalize(name)
    return any(registry.store.packages_named(owner.id, normalized) for owner in owners)


def is_elsewhere(
    place: Elsewhere, request: Request, registry: Registry, owners: Iterable[GitLabProject]
) -> bool:
    """Return whether a request is for what none of the GitLab projects has, and bring it.

    A project with any package here, in any state, is here: no file of another place appears beside its own. Raises as
    the place does.
    """
    via, endpoint, arguments = request.headers.get("Via", ""), request.endpoint, request.arguments
    if place.is_loop(via):
        return False
    if endpoint in PAGES or endpoint == PROVENANCE:
        if has_project(registry, owners, arguments["name"]):
            return False
        name = normalize(arguments["name"])
        if endpoint == PROVENANCE:
            place.bring_provenance(name, arguments["version"], arguments["filename"], via=via)
        else:
            place.bring_project(name, via=via)
            if endpoint in DESCRIPTIONS and name == arguments["name"]:
                _bring_description(place, registry, next(iter(owners)), arguments, via)
        return True
    if endpoint not in FILES and endpoint not in METADATA_FILES:
        return False
    location, filename = arguments["sha256"], arguments["filename"]
    if any(registry.store.files_named(owner.id, location, filename) for owner in owners):
        return False
    bring = place.bring_file if endpoint in FILES else place.bring_metadata
    bring(location, filename, via=via)
    return True


def _bring_description(
    place: Elsewhere, registry: Registry, owner: GitLabProject, arguments: Mapping[str, str], via: str
) -> None:
    """Bring the metadata of the release that a document of PyPI's JSON API describes, or else the file they are in."""
    from reference_server.rendering.project_json import described  # few requests ask for one

    found = Registry(now=registry.now, rules=registry.rules, store=place.store)
    packages = [each for each in found.listed(owner, arguments["name"]) if each.files]
    release = described(packages, arguments.get("version"))
    if release is None or any(file.core_metadata for file in release.files):
        return
    for file in release.files:
        if file.listed_metadata:
            with suppress(PackageNotFoundError):  # the page promises what is not there
                place.bring_metadata(file.sha256, file.filename, via=via)
                return
    with suppress(PackageNotFoundError):
        place.bring_file(release.files[0].sha256, release.files[0].filename, via=via)
