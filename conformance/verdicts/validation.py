"""Checks a document that somebody gives us against the type it has to have, and says in one line what is wrong."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Kind = TypeVar("Kind")

_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at `(?P<key>key` in `)?\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[\w-]+)|\[(?:(?P<number>\d+)|\.\.\.)\]")
_TYPES = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date such as 2027-01-31, without quotes",
    "datetime": "a date with a time",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a table",
    "str": "text in quotes",
}
"""What msgspec calls a type, in words."""


class Invalid(ValueError):
    """A document is not what it has to be. `str()` is one line: where, what was expected and what was found."""


def toml_table(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises Invalid."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not TOML: {error}") from error


def validated(document: Any, kind: type[Kind], *, toml: bool = False) -> Kind:
    """Return a document as an object of its type. Raises Invalid.

    A date is an object of its own in `toml`, and text in JSON.
    """
    try:
        return msgspec.convert(document, kind, builtin_types=(date, datetime) if toml else ())
    except msgspec.ValidationError as error:
        raise Invalid(_in_words(str(error), document, kind, toml=toml)) from error


def _in_words(message: str, document: Any, kind: type, *, toml: bool) -> str:
    match = _MESSAGE.fullmatch(message)
    if match is None or match["key"]:
        return f"{message[:1].lower()}{message[1:]}"
    path = _path(message, match["path"] or "", document, kind, toml=toml)
    problem = _problem(match["problem"], _description(kind, path))
    place = _place(document, path)
    return f"{place}: {problem}" if place else problem


def _problem(problem: str, described: Mapping[str, Any]) -> str:
    """Return what msgspec found wrong in our words; `described` is the JSON Schema of that place."""
    if match := re.fullmatch(r"Expected `(.*?)`, got `(.*?)`", problem):
        return f"expected {_words(match[1])}, found {_words(match[2])}"
    if match := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return f"expected the key {match[1]}, found none"
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", problem):
        known = ", ".join(sorted(described.get("properties", ())))
        return f"unknown key {match[1]!r}, expected one of {known}"
    if match := re.fullmatch(r"Invalid enum value (.*)", problem):
        known = ", ".join(map(str, described.get("enum", ())))
        return f"expected one of {known}; found {match[1]}"
    if text := described.get("description", ""):
        return f"expected {text[:1].lower()}{text[1:].rstrip('.')}"
    return f"{problem[:1].lower()}{problem[1:]}"


def _words(types: str) -> str:
    names = [_TYPES.get(name, name) for name in types.split(" | ") if name != "null" or types == "null"]
    return " or ".join(names)


def _place(document: Any, path: Sequence[str | int]) -> str:
    """Return a path as one reads it: entries of lists are counted from 1, and named after their id."""
    parts: list[str] = []
    for step in path:
        document = document[step]
        if isinstance(step, str):
            parts.append(f".{step}" if parts else step)
            continue
        name = document.get("id") if isinstance(document, dict) else None
        named = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9.-]{0,99}", name)
        parts.append(f"[{step + 1}]" + (f" ({name})" if named else ""))
    return "".join(parts)


def _path(message: str, text: str, document: Any, kind: type, *, toml: bool) -> list[str | int]:
    """Return the path of a message. Keys of tables that may have any are found by trial: msgspec omits them."""
    path: list[str | int] = []
    for step in _STEP.finditer(text):
        if step["name"]:
            path.append(step["name"])
        elif step["number"]:
            path.append(int(step["number"]))
        else:
            table = _at(document, path)
            for key, value in table.items():
                alone = _with(document, path, {key: value})
                if _message(alone, kind, toml=toml) == message:
                    document = alone
                    path.append(key)
                    break
    return path


def _message(document: Any, kind: type, *, toml: bool) -> str:
    try:
        msgspec.convert(document, kind, builtin_types=(date, datetime) if toml else ())
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _at(document: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        document = document[step]
    return document


def _with(document: Any, path: Sequence[str | int], value: Any) -> Any:
    """Return a copy of a document with another value at a path."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = _with(document[path[0]], path[1:], value)
    return copy


def _description(kind: type, path: Sequence[str | int]) -> dict[str, Any]:
    """Return the JSON Schema of a place."""
    schema = msgspec.json.schema(kind)
    node = _resolved(schema, schema)
    for step in path:
        inner = node.get("properties", {}).get(step) or node.get("items") or node.get("additionalProperties")
        node = _resolved(inner if isinstance(inner, dict) else {}, schema)
    return node


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in node:
        node = next((each for each in node["anyOf"] if each != {"type": "null"}), {}) | node
    if "$ref" in node:
        return {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}
    return node
