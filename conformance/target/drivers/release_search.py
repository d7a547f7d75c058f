"""A search in JSON that names the ids of a release, as APIs have it that delete by an id.

Source: Sonatype Nexus Repository documentation, Search API and Pagination (`continuationToken`); OneDev,
`PackResource.java`; Cloudsmith, Package.md (`slug_perm`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from conformance.pages import plain_json
from conformance.target.drivers.refusals import CannotDo, NotFound
from conformance.target.drivers.url_template import encoded

if TYPE_CHECKING:
    from conformance.target.drivers.driver import File
    from conformance.target.drivers.registry_api import RegistryApi
    from conformance.wire import Answer

MOST_PAGES = 20
"""How many pages of a search are read: a search for one release has one."""

NOT_IDS = frozenset({"name", "version"})
"""Keys that a search has besides the id."""

LISTS = ("items", "data")
"""Where the object of a search may have its list."""


def ids_of_release(api: RegistryApi, url: str, file: File, *, key: str) -> list[str]:
    """Return what a search has under a key for each object with the name and the version of a file: their ids.

    Raises NotFound where it finds none, and CannotDo for an answer that is no such search, or for a value that is not
    the release's alone.
    """
    objects, answer = _found(api, url)
    found = [each for each in objects if _has_name(each, file.name)]
    # Searches of some registries are for a part of a version; some registries normalize it.
    exact = [each for each in found if each.get("version") == file.version]
    release = exact or [each for each in found if _is_same_version(each.get("version"), file.version)]
    if not release:
        raise NotFound(f"the search found no {file.name} {file.version}: {answer}")
    ids = [str(each[key]) for each in release if _is_id(each.get(key))]
    if not ids:
        raise CannotDo(
            f"the search found {file.name} {file.version} without an id as {key!r}; {_remedy(objects)}: {answer}"
        )
    for other in objects:
        if other not in release and _is_id(other.get(key)) and str(other[key]) in ids:
            raise CannotDo(
                f"{key} {other[key]} of {file.name} {file.version} is the id of {other.get('name')} "
                f"{other.get('version')}, too; {_remedy(objects)}: {answer}"
            )
    return ids


def _remedy(objects: list[dict[str, Any]]) -> str:
    """Return which setting to change, with the keys whose values tell all objects of a search apart."""
    keys = [key for key in sorted(objects[0]) if key not in NOT_IDS and _tells_apart(key, objects)]
    named = f", one of {', '.join(keys)}" if keys else ""
    return f"set `id-key` to the key of the id{named}"


def _tells_apart(key: str, objects: list[dict[str, Any]]) -> bool:
    values = [each.get(key) for each in objects]
    return len(values) > 1 and all(map(_is_id, values)) and len(set(map(str, values))) == len(values)


def _found(api: RegistryApi, url: str) -> tuple[list[dict[str, Any]], Answer]:
    """Return the objects on all pages of a search, and the last answer."""
    found: list[dict[str, Any]] = []
    page = url
    for _ in range(MOST_PAGES):
        answer = api.send("GET", page, headers={"Accept": "application/json"})
        objects, token = _page(answer)
        found += objects
        if not token:
            return found, answer
        page = f"{url}{'&' if urlsplit(url).query else '?'}continuationToken={token}"
    raise CannotDo(f"the search for an id has more than {MOST_PAGES} pages: {answer}")


def _page(answer: Answer) -> tuple[list[dict[str, Any]], str]:
    """Return the objects on a page of a search, and the token of the next page, encoded; empty on the last one."""
    if answer.status != 200:
        raise CannotDo(f"the search for an id was refused: {answer} {answer.excerpt(120)}".rstrip())
    try:
        content = plain_json(answer.content)
    except ValueError:
        raise CannotDo(f"the search for an id answered with something else than JSON: {answer}") from None
    table = content if isinstance(content, dict) else {LISTS[0]: content}
    listed = next((table[key] for key in LISTS if isinstance(table.get(key), list)), None)
    if listed is None:
        raise CannotDo(
            f"the search for an id has no list, bare or in {' or '.join(LISTS)}: {answer} {answer.excerpt(120)}"
        )
    token = table.get("continuationToken")
    objects = [each for each in listed if isinstance(each, dict)]
    return objects, encoded(str(token), "continuationToken") if token else ""


def _has_name(found: dict[str, Any], name: str) -> bool:
    named = found.get("name")
    return isinstance(named, str) and canonicalize_name(named) == canonicalize_name(name)


def _is_same_version(found: object, version: str) -> bool:
    try:
        return isinstance(found, str) and Version(found) == Version(version)
    except InvalidVersion:
        return False


def _is_id(found: object) -> bool:
    return isinstance(found, (str, int)) and not isinstance(found, bool)
