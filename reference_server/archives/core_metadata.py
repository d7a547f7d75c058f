"""Core metadata in distributions.

Source: PyPA "Core metadata", "Binary distribution format", "Source distribution format".
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from reference_server.model.grammar import name_and_version as parse_filename

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reference_server.archives.archive import Archive

# Fields that installers rely on. A value that building may still change must not come from an sdist.
DECISIVE = frozenset({"requires-dist", "requires-python", "provides-extra"})

_VERSION = re.compile(r"2\.([0-9]{1,9})", re.ASCII)
_LINE = re.compile(rb"([^\r\n]+)(?:\r\n|\r|\n|\Z)")
_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)


def read(archive: Archive) -> bytes | None:
    """Return a wheel's METADATA or an sdist's PKG-INFO unchanged; None unless there is exactly one."""
    suffix = ".dist-info" if archive.filename.endswith(".whl") else ""
    found = [
        document.content
        for document in archive.documents
        if _is_of(document.path.removeprefix("./").partition("/")[0], suffix, archive.filename)
    ]
    return found[0] if len(found) == 1 else None


def is_final(filename: str, document: bytes) -> bool:
    """Return whether building a distribution leaves the fields unchanged that installers rely on.

    True for a wheel, and for an sdist with Metadata-Version 2.2 or later unless such a field is Dynamic.
    """
    if filename.endswith(".whl"):
        return True
    fields = _fields(document)
    version = _VERSION.fullmatch(_first(fields, "metadata-version"))
    dynamic = {field.lower() for field in fields.get("dynamic", ())}
    return version is not None and int(version[1]) >= 2 and not dynamic & DECISIVE


def requires_python(document: bytes) -> str | None:
    """Return the value of Requires-Python, or None."""
    return _first(_fields(document), "requires-python") or None


def name_and_version(document: bytes) -> tuple[str, str]:
    """Return the unchanged name and version; an empty text for a missing one."""
    fields = _fields(document)
    return _first(fields, "name"), _first(fields, "version")


def _fields(document: bytes) -> Mapping[str, Sequence[str]]:
    """Read the fields before the first empty line: lower-case names with all values in order.

    Like the header of an email (RFC 822), it ends at the first line that is not a field. A byte order mark before the
    first one is skipped.
    """
    fields: dict[str, list[list[bytes]]] = {}
    lines: list[bytes] = []
    for line in _lines(document.removeprefix(codecs.BOM_UTF8)):
        if lines and line[:1] in {b" ", b"\t"}:
            lines.append(line)
        elif field := _FIELD.fullmatch(line):
            lines = [field[2]]
            fields.setdefault(_text(field[1]).lower(), []).append(lines)
        else:
            break
    return {name: tuple("\n".join(map(_text, lines)) for lines in values) for name, values in fields.items()}


def _lines(document: bytes) -> Iterator[bytes]:
    at = 0
    while line := _LINE.match(document, at):
        yield line[1]
        at = line.end()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape").strip()


def _first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _is_of(folder: str, suffix: str, filename: str) -> bool:
    """Return whether the folder is named after the file's name and version."""
    if not folder.endswith(suffix):
        return False
    parsed = parse_filename(f"{folder.removesuffix(suffix)}.tar.gz")
    return parsed is not None and parsed == parse_filename(filename)
