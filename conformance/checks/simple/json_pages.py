"""The JSON pages of a run, and rules for every value on them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conformance.kit import expect
from conformance.kit.differences import written
from conformance.pages import JSON_V1, without_private
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.kit.index import Index, Reading
    from conformance.pages import JsonDocument, ProjectPage, RootPage

    JsonPage = Reading[ProjectPage, JsonDocument]
    JsonRoot = Reading[RootPage, JsonDocument]


def json_pages(index: Index) -> list[JsonPage]:
    """Return the page of every project that the run looks at."""
    return [index.json(name) for name in index.projects]


def json_root(index: Index) -> JsonRoot:
    """Return the list of projects. Raises NotApplicable when it does not come in JSON."""
    answer = index.registry.root_answer(accept=JSON_V1)
    if answer.status != 200 or answer.content_type != JSON_V1:
        raise NotApplicable("the registry offers no list of projects in JSON")
    return index.json_root()


def json_answers(index: Index) -> list[JsonPage | JsonRoot]:
    """Return every page that there is in JSON, the list of projects too."""
    answers: list[JsonPage | JsonRoot] = [*json_pages(index)]
    if index.offer.has("project-list"):
        with suppress(NotApplicable):
            answers.append(json_root(index))
    return answers


def values(page: JsonPage, key: str) -> Iterator[tuple[str, Any]]:
    """Yield the file name and the value of `key`, of every file that has it."""
    return ((str(file.get("filename")), file[key]) for file in page.document.files if key in file)


def every_value(index: Index, key: str, holds: Callable[[Any], bool], *, kind: str) -> None:
    """Require of every file on every page that its value of `key`, where it has one, is what it should be."""
    for page in json_pages(index):
        wrong = [
            f"{written(value)} of {filename}" for filename, value in values(page, key) if not holds(value)
        ]
        expect.rule(f"every `{key}` to be {kind}", broken_by=wrong, where=page)


def every_hash(index: Index, holds: Callable[[str, Any], bool], *, kind: str) -> None:
    """Require something of the name and the digest of every hash of a file."""
    for page in json_pages(index):
        wrong = [
            f"{name}: {digest!r} of {filename}"
            for filename, hashes in values(page, "hashes")
            if isinstance(hashes, dict)
            for name, digest in without_private(hashes).items()
            if not holds(name, digest)
        ]
        expect.rule(f"every entry of `hashes` to have {kind}", broken_by=wrong, where=page)


_HEX = re.compile(r"([0-9a-f]{2})+", re.IGNORECASE | re.ASCII)


def is_hex(digest: object) -> bool:
    """Tell whether this is a digest in hex: two digits for each byte, in any case."""
    return isinstance(digest, str) and _HEX.fullmatch(digest) is not None
