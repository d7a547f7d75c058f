"""Where the HTML and the JSON of a page contradict each other.

A feature may be written otherwise in one form than in the other, or be there in one form only: what only one form
says contradicts nothing. Source: Simple repository API, #versioning.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.pages import FileLink, ProjectPage

Contradiction = tuple[str, object, object]
"""What both forms say: of what, in HTML, in JSON."""


def listed(html: ProjectPage, json: ProjectPage) -> Iterator[str]:
    """Name the files that only one form lists."""
    yield from _only_in_one(Counter(html.filenames), Counter(json.filenames))


def listed_once(html: ProjectPage, json: ProjectPage) -> Iterator[str]:
    """Name the files that only one form lists, or lists more often."""
    yield from _only_in_one(*(Counter(file.filename for file in page.files) for page in (html, json)))


def _only_in_one(html: Counter[str], json: Counter[str]) -> Iterator[str]:
    yield from (f"{name}, only in HTML" for name in sorted(html - json))
    yield from (f"{name}, only in JSON" for name in sorted(json - html))


def hashes(html: FileLink, json: FileLink) -> Iterator[Contradiction]:
    """Yield the hashes of both forms that differ: a link has room for one hash, and JSON for several."""
    in_json = {name.lower(): text.lower() for name, text in json.hashes.items()}
    for name, text in html.hashes.items():
        if name in hashlib.algorithms_guaranteed and in_json.get(name, text.lower()) != text.lower():
            yield f"{name} of {html.filename}", text, in_json[name]


def metadata(html: FileLink, json: FileLink) -> Iterator[Contradiction]:
    """Yield the hashes of a metadata file that differ."""
    one, other = html.core_metadata, json.core_metadata
    if one and other and not isinstance(one, bool) and not isinstance(other, bool):
        for name in one.keys() & other.keys():
            if one[name].lower() != other[name].lower():
                yield f"{name} of the metadata of {html.filename}", one[name], other[name]


def requires_python(html: FileLink, json: FileLink) -> Iterator[Contradiction]:
    """Yield Requires-Python where both forms have one."""
    one, other = html.requires_python, json.requires_python
    if one and other and one != other:
        yield f"Requires-Python of {html.filename}", one, other


def provenance(html: FileLink, json: FileLink) -> Iterator[Contradiction]:
    """Yield the provenance that HTML has and that JSON denies, or has elsewhere."""
    if html.provenance is not None and "provenance" in json.raw and html.provenance != json.provenance:
        yield f"provenance of {html.filename}", html.provenance, json.raw["provenance"]


def yanks(html: ProjectPage, json: ProjectPage) -> Iterator[Contradiction]:
    """Yield the yanks that differ.

    A form that marks no file on a page may not show yanks at all; JSON can also deny one. A reason may be left out.
    """
    in_html = any(file.yanked is not None for file in html.files)
    in_json = any(file.yanked is not None for file in json.files)
    for one, other in pairs(html, json):
        both = in_html and (in_json or "yanked" in other.raw)
        if both and (one.yanked is None) != (other.yanked is None):
            yield f"yank of {one.filename}", _mark(one), _mark(other)
        elif isinstance(one.yanked, str) and isinstance(other.yanked, str) and one.yanked != other.yanked:
            yield f"reason of the yank of {one.filename}", one.yanked, other.yanked


def pairs(html: ProjectPage, json: ProjectPage) -> Iterator[tuple[FileLink, FileLink]]:
    """Yield the files of both forms."""
    for file in html.files:
        if twin := json.file(file.filename):
            yield file, twin


def written(found: Contradiction) -> str:
    """Return a contradiction as a line of a message."""
    what, in_html, in_json = found
    return f"{what}: {in_html!r} in HTML, {in_json!r} in JSON"


def _mark(file: FileLink) -> object:
    return file.yanked if file.yanked is not None else "not yanked"
