"""The driver for registries whose API deletes by one request, at a URL that the target's file describes.

Source: Gitea documentation, Packages API (`DELETE /packages/{owner}/{type}/{name}/{version}`); Sonatype Nexus
Repository documentation, Components API and Search API (`DELETE /v1/components/{id}`); OneDev, `PackResource.java`;
Google Artifact Registry documentation, projects.locations.repositories.packages.versions.delete; Azure DevOps
documentation, Python - Delete Package Version; Artifactory documentation, REST API, Delete Item; Cloudsmith API,
PackagesApi.md (`DELETE /packages/{owner}/{repo}/{identifier}/`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta
from packaging.utils import canonicalize_name

from conformance.target.drivers.driver import Ability, Driver, DriverSettings
from conformance.target.drivers.refusals import CannotDo, NotThere, Promised
from conformance.target.drivers.release_search import ids_of_release
from conformance.target.drivers.url_template import filled, placeholders, template_mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi
    from conformance.wire import Answer

PROJECT = frozenset({"project", "normalized"})
"""Two spellings of a project's name."""

PLACEHOLDERS = {
    Ability.DELETE: PROJECT | {"version", "filename"},
    Ability.DELETE_RELEASE: PROJECT | {"version", "id"},
    Ability.DELETE_PROJECT: PROJECT,
}
"""What the URL of each deletion may have in braces."""

SEARCHED = PROJECT | {"version"}
"""What the URL of a search may have in braces."""


class HttpSettings(DriverSettings, frozen=True, kw_only=True):
    """The settings of the driver that deletes by one request."""

    delete: Annotated[str, Meta(description="The URL that DELETE removes a file at.")] = ""
    delete_release: Annotated[str, Meta(description="The URL that DELETE removes a release at.")] = ""
    delete_project: Annotated[str, Meta(description="The URL that DELETE removes a project at.")] = ""
    find_id: Annotated[
        str,
        Meta(description="The URL of a search in JSON that names the `{id}` of a release for the others."),
    ] = ""
    id_key: Annotated[str, Meta(description="What the search calls the `{id}`.")] = "id"
    authorization: Annotated[
        Literal["basic", "bearer"],
        Meta(description="How the API takes the token: with the user name, or alone as a bearer token."),
    ] = "basic"

    @property
    def mistake(self) -> str:
        """What is wrong with a URL: it is none, or does not say what to delete."""
        if not self.abilities:
            return f": expected one of {', '.join(PLACEHOLDERS)}"
        for key, allowed, template in self._urls():
            if why := template_mistake(template, allowed):
                return f".{key}: {why}"
            if lacking := _lacking(key, placeholders(template)):
                return f".{key}: expected {lacking} in the URL, which says what to delete"
            if "id" in placeholders(template) and not self.find_id:
                return f".{key}: {{id}} needs the setting find-id, a search that names it"
        return ""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the settings have a URL for."""
        return frozenset(each for each in PLACEHOLDERS if getattr(self, each.method))

    @property
    def urls(self) -> list[str]:
        """Every URL of the settings."""
        return [template for _, _, template in self._urls()]

    def _urls(self) -> Iterator[tuple[str, frozenset[str], str]]:
        urls = {
            each.value: (allowed, str(getattr(self, each.method))) for each, allowed in PLACEHOLDERS.items()
        }
        for key, (allowed, template) in {**urls, "find-id": (SEARCHED, self.find_id)}.items():
            if template:
                yield key, allowed, template


class HttpDriver(Driver):
    """Deletes files, releases or projects: each by one request, after a search where the API wants an id."""

    Settings = HttpSettings
    requests_per_deletion: ClassVar[int] = 3
    side_by_side: ClassVar[bool] = True

    def __init__(self, api: RegistryApi, settings: HttpSettings) -> None:
        super().__init__(api.with_bearer() if settings.authorization == "bearer" else api, settings)
        for url in settings.urls:
            self.api.trust(url)

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the settings have a URL for."""
        found: frozenset[Ability] = self.settings.abilities
        return found

    def delete(self, file: File) -> None:
        """Delete a file, and nothing else."""
        self._delete(Ability.DELETE, file)

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""
        self._delete(Ability.DELETE_RELEASE, file)

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""
        self._delete(Ability.DELETE_PROJECT, file)

    def _delete(self, ability: Ability, file: File) -> None:
        """Delete what the URL of the settings leads to. Raises NotThere where none of it is there."""
        template, values = getattr(self.settings, ability.method), _values(file)
        urls = [filled(template, values | more) for more in self._ids(template, file)]
        answers, absent = [], NotThere(f"there is nothing to delete: {file.name} {file.version}")
        for url in urls:
            try:
                answers.append(self.api.change("DELETE", url))
            except NotThere as error:
                absent = error
        if not answers:
            raise absent
        for answer in answers:
            if _operation(answer).get("error"):
                raise CannotDo(f"the registry could not delete it: {answer} {answer.excerpt(300)}")
        for answer in answers:
            if answer.status == 202 or _is_under_way(answer):
                raise Promised(f"the registry has only promised to delete it: {answer}")

    def _ids(self, template: str, file: File) -> list[dict[str, str]]:
        """Return what to fill in besides the values of a file, once for each request."""
        if "id" not in placeholders(template):
            return [{}]
        url = filled(self.settings.find_id, _values(file))
        return [{"id": each} for each in ids_of_release(self.api, url, file, key=self.settings.id_key)]


def _operation(answer: Answer) -> dict[str, Any]:
    """Return the operation that an answer names; empty if it names none. Source: AIP-151, Long-running operations."""
    found = answer.json_object
    return found if "operations/" in str(found.get("name", "")) else {}


def _is_under_way(answer: Answer) -> bool:
    """Tell whether an answer names an operation that is not done yet."""
    operation = _operation(answer)
    return bool(operation) and operation.get("done") is not True


def _lacking(key: str, found: set[str]) -> str:
    """Return which placeholders a URL lacks that say what to delete; empty where it has them."""
    if key == Ability.DELETE:
        return "" if "filename" in found else "{filename}"
    if key == Ability.DELETE_RELEASE:
        is_named = "id" in found or ("version" in found and found & PROJECT)
        return "" if is_named else "{id}, or {normalized} or {project} with {version},"
    if key == Ability.DELETE_PROJECT:
        return "" if found & PROJECT else "{normalized} or {project}"
    return ""


def _values(file: File) -> dict[str, str]:
    return {
        "project": file.name,
        "normalized": str(canonicalize_name(file.name)),
        "version": file.version,
        "filename": file.filename,
    }
