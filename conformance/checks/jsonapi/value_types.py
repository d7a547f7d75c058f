"""The documented keys of a description, and the types of their values. Source: PyPI's documentation, "JSON API".

Keys that may be removed at any time are not among them: `downloads`, `has_sig`, `bugtrack_url`, `releases`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MISSING = object()


class Kind(NamedTuple):
    """A type of values: its name, and whether a value is of it."""

    name: str
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _or_null(kind: Kind) -> Kind:
    return Kind(f"{kind.name} or null", lambda value: value is None or kind.holds(value))


NAME = Kind("a text", lambda value: _is_text(value) and bool(value))
TEXT = Kind("a text", _is_text)
NUMBER = Kind("a number", _is_number)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
OBJECTS = Kind("a list of objects", _are_objects)
TEXT_LIST = Kind("a list of texts", _are_texts)
URLS = Kind(
    "an object of texts", lambda value: isinstance(value, dict) and all(map(_is_text, value.values()))
)
HASHES = Kind("false or an object of texts", lambda value: value is False or URLS.holds(value))

PARTS: Mapping[str, Kind] = MappingProxyType(
    {"info": OBJECT, "last_serial": NUMBER, "urls": OBJECTS, "vulnerabilities": OBJECTS}
)
INFO: Mapping[str, Kind] = MappingProxyType(
    dict.fromkeys(("name", "package_url", "project_url", "release_url", "version"), NAME)
    | dict.fromkeys(
        (
            *("author", "author_email", "description", "description_content_type", "docs_url"),
            *("download_url", "home_page", "keywords", "license", "license_expression", "maintainer"),
            *("maintainer_email", "platform", "requires_python", "summary", "yanked_reason"),
        ),
        _or_null(TEXT),
    )
    | dict.fromkeys(("dynamic", "license_files", "provides_extra", "requires_dist"), _or_null(TEXT_LIST))
    | {"classifiers": TEXT_LIST, "project_urls": _or_null(URLS), "yanked": FLAG}
)
FILE: Mapping[str, Kind] = MappingProxyType(
    dict.fromkeys(
        (
            *("filename", "md5_digest", "packagetype", "python_version", "upload_time"),
            *("upload_time_iso_8601", "url"),
        ),
        NAME,
    )
    | dict.fromkeys(("comment_text", "requires_python", "yanked_reason"), _or_null(TEXT))
    | {"digests": URLS, "size": NUMBER, "yanked": FLAG}
)


TYPES = {
    str: "a text",
    dict: "an object",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


def _type_of(value: Any) -> str:
    """Return the type of a value in words, which are the same in every run: the value may be a serial or a time."""
    if isinstance(value, (str, list, dict)) and not value:
        return f"{TYPES[type(value)]} without anything in it"
    return TYPES.get(type(value), "null")


def wrong_values(found: Mapping[str, Any], wanted: Mapping[str, Kind]) -> list[str]:
    """Return what is wrong with an object: the keys that it lacks, and values of another type."""
    values = {key: (found.get(key, MISSING), kind) for key, kind in wanted.items()}
    return [
        f"no `{key}`" if value is MISSING else f"`{key}`: {_type_of(value)} in place of {kind.name}"
        for key, (value, kind) in values.items()
        if value is MISSING or not kind.holds(value)
    ]
