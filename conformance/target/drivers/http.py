"""The driver for registries whose API deletes by one request, at a URL that the target's file describes.

Source: Gitea documentation, Packages API (`DELETE /packages/{owner}/{type}/{name}/{version}`); Sonatype Nexus
Repository documentation, Components API and Search API (`DELETE /v1/components/{id}`); OneDev, `PackResource.java`.
"""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlsplit

from msgspec import Meta
from packaging.utils import canonicalize_name

from conformance.pages import plain_json
from conformance.target.drivers.driver import Ability, Driver, DriverSettings
from conformance.target.drivers.refusals import CannotDo, NotThere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi

PLACEHOLDERS = {
    Ability.DELETE: {"project", "normalized", "version", "filename"},
    Ability.DELETE_RELEASE: {"project", "normalized", "version", "id"},
    Ability.DELETE_PROJECT: {"project", "normalized"},
}
"""What the URL of each deletion may have in braces."""

SEARCHED = {"project", "normalized", "version"}
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

    @property
    def mistake(self) -> str:
        """What is wrong with a URL: it is none, or has a placeholder that nothing fills."""
        if not self.abilities:
            return f": expected one of {', '.join(PLACEHOLDERS)}"
        for key, allowed, template in self._urls():
            parts, found = urlsplit(template), _placeholders(template)
            if found is None:
                return f".{key}: expected a brace to close each that opens; found {template!r}"
            if parts.scheme not in {"http", "https"} or not parts.netloc or "{" in parts.netloc:
                return f".{key}: expected an http(s) URL; found {template!r}"
            if unknown := found - allowed:
                known = ", ".join(f"{{{each}}}" for each in sorted(allowed))
                return f".{key}: expected braces around one of {known}; found {{{min(unknown)}}}"
            if "id" in found and not self.find_id:
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

    def _urls(self) -> Iterator[tuple[str, set[str], str]]:
        urls = {
            each.value: (allowed, str(getattr(self, each.method))) for each, allowed in PLACEHOLDERS.items()
        }
        for key, (allowed, template) in {**urls, "find-id": (SEARCHED, self.find_id)}.items():
            if template:
                yield key, allowed, template


class HttpDriver(Driver):
    """Deletes files, releases or projects: each by one request, after a search where the API wants an id."""

    Settings = HttpSettings

    def __init__(self, api: RegistryApi, settings: HttpSettings) -> None:
        super().__init__(api, settings)
        for url in settings.urls:
            api.trust(url)

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
        template = getattr(self.settings, ability.method)
        if "{id}" not in template:
            self.api.change("DELETE", _filled(template, file))
            return
        for number in self._ids(file):
            self.api.change("DELETE", _filled(template, file, id=number))

    def _ids(self, file: File) -> list[str]:
        """Return the ids of what has the name and the version of a file. Raises NotThere without any."""
        answer = self.api.send(
            "GET", _filled(self.settings.find_id, file), headers={"Accept": "application/json"}
        )
        if answer.status != 200:
            raise CannotDo(f"the search for an id was refused: {answer} {answer.excerpt(120)}".rstrip())
        found = [str(each["id"]) for each in _objects(answer.content) if _is_release(each, file)]
        if not found:
            raise NotThere(f"the search found no {file.name} {file.version}: {answer}")
        return found


def _placeholders(template: str) -> set[str] | None:
    """Return what stands in braces; None if they do not match."""
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError:
        return None


def _filled(template: str, file: File, **more: str) -> str:
    """Return a URL with the values of a file. Raises CannotDo for one that would change where the URL leads."""
    values = {
        "project": file.name,
        "normalized": str(canonicalize_name(file.name)),
        "version": file.version,
        "filename": file.filename,
        **more,
    }
    for name in _placeholders(template) or ():
        if not values[name].strip("."):
            raise CannotDo(f"a URL cannot have the {name} {values[name]!r}")
    return template.format_map({name: quote(value, safe="") for name, value in values.items()})


def _objects(content: bytes) -> Iterator[dict[str, Any]]:
    """Return the objects of a search: of its list, or of the list `items` or `data` of its object."""
    try:
        found = plain_json(content)
    except ValueError:
        raise CannotDo("the search for an id answered with something else than JSON") from None
    listed = (
        next((found[key] for key in ("items", "data") if key in found), ())
        if isinstance(found, dict)
        else found
    )
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("id") is not None:
            yield each


def _is_release(found: dict[str, Any], file: File) -> bool:
    """Return whether a search found this name and version: searches of some registries are for a part of them."""
    same_name = canonicalize_name(str(found.get("name", ""))) == canonicalize_name(file.name)
    return same_name and found.get("version") == file.version
