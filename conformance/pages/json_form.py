"""Simple pages in JSON, read strictly, and read into the model."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.pages.kept import kept
from conformance.pages.large_json import TooLongError, read_packed
from conformance.pages.links import resolved_file
from conformance.pages.model import FileLink, ProjectLink, ProjectPage, RootPage
from conformance.pages.packed import Each, Packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_DIGITS = 1000
"""The number of digits of the longest whole number that is read."""

MOST_VALUES = 2_500_000
"""The number of commas and brackets of the largest body that is read; a value takes about a hundred bytes of memory."""

MANY_VALUES = 300_000
"""The number of commas and brackets from which a list of projects is kept packed."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class JsonDocument:
    """A body read as JSON. `problems` is what a strict reader objects to; `data` is None when it is no JSON."""

    data: Any
    problems: tuple[str, ...]
    is_cut: bool = False
    """Whether the body was not read, because it has too many values."""

    @property
    def is_packed(self) -> bool:
        """Whether the list of projects is read when it is asked for."""
        return isinstance(self.object.get("projects"), Packed)

    @property
    def object(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else an empty one."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def meta(self) -> Mapping[str, Any]:
        """`meta` when it is an object, else an empty one."""
        return _object(self.object.get("meta"))

    @property
    def files(self) -> list[Mapping[str, Any]]:
        """Every object in `files`."""
        return [file for file in _list(self.object.get("files")) if isinstance(file, dict)]


def plain_json(content: bytes) -> Any:
    """Return a body's JSON, however it is written. Raises ValueError for any other body, and for one beyond limits."""
    if _values(content) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("arrays or objects too deep within each other") from None


def _values(content: bytes) -> int:
    return sum(map(content.count, (b",", b"[", b"{")))


@kept
def read_json(content: bytes) -> JsonDocument:
    """Read a body as RFC 8259 has it: UTF-8, no byte order mark, no NaN, no key twice. Never raises."""
    problems: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) < len(items):
            times = Counter(name for name, _ in items)
            problems.extend(f"the key {key!r} more than once" for key in result if times[key] > 1)
        return result

    def integer(text: str) -> int | None:
        if len(text) <= MOST_DIGITS:
            return int(text)
        problems.append(f"a number of {len(text)} digits")
        return None

    def constant(name: str) -> None:
        problems.append(f"{name}, which is no JSON")

    if content.startswith(BYTE_ORDER_MARK):
        problems.append("a byte order mark")
        content = content.removeprefix(BYTE_ORDER_MARK)
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_int=integer, parse_constant=constant)
    try:
        data = _data(content, decoder, problems)
    except TooLongError:
        return JsonDocument(data=None, problems=(f"more than {MOST_VALUES:,} values",), is_cut=True)
    except ValueError as error:
        return JsonDocument(data=None, problems=(*problems, str(error)))
    except RecursionError:
        return JsonDocument(data=None, problems=(*problems, "arrays or objects too deep within each other"))
    return JsonDocument(data=data, problems=tuple(problems))


def _data(content: bytes, decoder: json.JSONDecoder, problems: list[str]) -> Any:
    """Read a body, a long list of projects entry by entry. Raises ValueError, and TooLongError beyond limits."""
    if (values := _values(content)) > MANY_VALUES:
        noticed = len(problems)
        try:
            return read_packed(content, decoder, problems)
        except TooLongError:
            del problems[noticed:]
            if values > MOST_VALUES:
                raise
    return decoder.decode(content.decode())


def read_project_json(content: bytes, *, url: str, where: str) -> ProjectPage:
    """Read a project page that was fetched from `url`; what has the wrong type counts as absent."""
    return replace(_project_page(content, url), where=where)


@kept
def _project_page(content: bytes, url: str) -> ProjectPage:
    document = read_json(content)
    status = _object(document.object.get("project-status"))
    versions = document.object.get("versions")
    return ProjectPage(
        files=tuple(_file(file, url) for file in document.files),
        where="",
        name=_string(document.object.get("name")),
        api_version=_string(document.meta.get("api-version")),
        versions=tuple(map(str, versions)) if isinstance(versions, list) else None,
        status=_string(status.get("status")),
        status_reason=_string(status.get("reason")),
    )


def read_root_json(content: bytes, *, where: str) -> RootPage:
    """Read the list of an index's projects; what has the wrong type is left out."""
    return replace(_root_page(content), where=where)


@kept
def _root_page(content: bytes) -> RootPage:
    document = read_json(content)
    listed = document.object.get("projects")
    if isinstance(listed, Packed):
        projects: Sequence[ProjectLink] = Each(listed, _project)
        spelled: Sequence[str] = Each(listed, _name)
    else:
        projects = tuple(_project(each) for each in _list(listed) if isinstance(each, dict))
        spelled = ()
    return RootPage(
        projects=projects,
        spelled=spelled,
        where="",
        api_version=_string(document.meta.get("api-version")),
    )


def _project(entry: Mapping[str, Any]) -> ProjectLink:
    return ProjectLink(name=_name(entry), raw=entry)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name", ""))


def _file(file: Mapping[str, Any], base: str) -> FileLink:
    size = file.get("size")
    return FileLink(
        filename=str(file.get("filename", "")),
        url=resolved_file(base, str(file.get("url", "")))[0],
        hashes={key: str(value) for key, value in without_private(_object(file.get("hashes"))).items()},
        requires_python=_string(file.get("requires-python")),
        yanked=_yanked(file.get("yanked")),
        core_metadata=_core_metadata(file.get("core-metadata")),
        provenance=_string(file.get("provenance")),
        gpg_sig=file["gpg-sig"] if isinstance(file.get("gpg-sig"), bool) else None,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        upload_time=_string(file.get("upload-time")),
        raw=file,
    )


def _yanked(value: Any) -> str | bool | None:
    """Read `yanked`: a reason or True; false and absent are the same."""
    return value if (isinstance(value, str) and value) or value is True else None


def _core_metadata(value: Any) -> Mapping[str, str] | bool | None:
    """Read `core-metadata`: hashes or True; a falsy value is the same as none."""
    if isinstance(value, dict) and value:
        return {key: str(digest) for key, digest in without_private(value).items()}
    return True if value is True else None


def without_private(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the keys that are the server's own. Source: Simple repository API, JSON serialization.

    They begin with an underscore, "at any level": beside the names of hashes, too.
    """
    return {key: value for key, value in table.items() if not key.startswith("_")}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None
