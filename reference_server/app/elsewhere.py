"""What another place answers: projects and files that are not here, asked for only where this registry has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reference_server.model.grammar import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.http.request import Request
    from reference_server.model import GitLabProject
    from reference_server.rules.registry import Registry
    from reference_server.store.protocol import Store

PAGES = frozenset({"project_page", "group_project_page", "project_json", "release_json"})
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
        return True
    if endpoint not in FILES and endpoint not in METADATA_FILES:
        return False
    location, filename = arguments["sha256"], arguments["filename"]
    if any(registry.store.files_named(owner.id, location, filename) for owner in owners):
        return False
    bring = place.bring_file if endpoint in FILES else place.bring_metadata
    bring(location, filename, via=via)
    return True
