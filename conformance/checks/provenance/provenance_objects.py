"""The provenance objects that pages link to.

Source: Index hosted attestations, #provenance-object and #attestation-object.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import is_absolute, is_secure
from conformance.pages import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import FileLink

MOST_OBJECTS = 3


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """A provenance object as it was served, and the file that it is about."""

    file: FileLink
    answer: Answer

    @property
    def object(self) -> Mapping[str, Any]:
        """The JSON object, or an empty one."""
        return read_json(self.answer.content).object

    @property
    def bundles(self) -> list[Mapping[str, Any]]:
        """Every bundle that is an object."""
        return _objects(self.object.get("attestation_bundles"))

    @property
    def publishers(self) -> list[Mapping[str, Any]]:
        """Every publisher that is an object."""
        return _objects([bundle.get("publisher") for bundle in self.bundles])

    @property
    def attestations(self) -> list[Mapping[str, Any]]:
        """Every attestation that is an object."""
        return [each for bundle in self.bundles for each in _objects(bundle.get("attestations"))]


def fetch_provenance(registry: RegistryClient, index: Index, projects: Iterable[str]) -> list[Provenance]:
    """Fetch a few of the provenance objects that pages link to as they should."""
    found = {(file.provenance, file.filename): file for file in _files(index, projects) if file.provenance}
    return [
        Provenance(file=file, answer=fetch(registry, url, accept="application/json"))
        for (url, _), file in list(found.items())[:MOST_OBJECTS]
        if is_absolute(url) and is_secure(url)
    ]


def _files(index: Index, projects: Iterable[str]) -> Iterator[FileLink]:
    for name in projects:
        for page in index.pages(name):
            yield from page.files


def decoded(value: object) -> bytes | None:
    """Return what base64 text stands for; None when it is none."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) and value else None
    except (binascii.Error, ValueError):
        return None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
