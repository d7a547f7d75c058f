"""Provenance objects: one that is right in form, and where pages say that there are others.

Source: Index hosted attestations, #provenance-object and #attestation-object.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.kit.publishing import fetch
from conformance.pages import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.kit.fixtures import Index, Registry
    from conformance.kit.http import Answer
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

MOST_OBJECTS = 3
LOOPBACK = ("localhost", "::1")


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


def fetch_provenance(registry: Registry, index: Index, projects: Iterable[str]) -> list[Provenance]:
    """Fetch a few of the provenance objects that pages link to as they should."""
    found = {file.provenance: file for file in _files(index, projects) if file.provenance}
    return [
        Provenance(file=file, answer=fetch(registry, url, accept="application/json"))
        for url, file in list(found.items())[:MOST_OBJECTS]
        if is_absolute(url) and is_secure(url)
    ]


def _files(index: Index, projects: Iterable[str]) -> Iterator[FileLink]:
    for name in projects:
        for page in index.pages(name):
            yield from page.files


def provenance_of(distribution: Distribution) -> dict[str, Any]:
    """Return a provenance object in the right form for a file. Nothing in it can be verified."""
    publisher = {"kind": "Conformance", "claims": {"run": "not signed by anybody"}, "repository": "none"}
    return {
        "version": 1,
        "attestation_bundles": [{"publisher": publisher, "attestations": [attestation_of(distribution)]}],
    }


def attestation_of(distribution: Distribution) -> dict[str, Any]:
    """Return an attestation in the right form for a file, with a signature that is none."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": distribution.filename, "digest": {"sha256": distribution.sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": None,
    }
    proof = {
        "logIndex": "1",
        "rootHash": _base64(b"root"),
        "treeSize": "2",
        "hashes": [],
        "checkpoint": {"envelope": "none"},
    }
    entry = {
        "logIndex": "1",
        "logId": {"keyId": _base64(b"log")},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": "1700000000",
        "inclusionPromise": {"signedEntryTimestamp": _base64(b"promise")},
        "inclusionProof": proof,
        "canonicalizedBody": _base64(b"{}"),
    }
    return {
        "version": 1,
        "verification_material": {
            "certificate": _base64(b"a certificate of nobody"),
            "transparency_entries": [entry],
        },
        "envelope": {
            "statement": _base64(json.dumps(statement).encode()),
            "signature": _base64(b"a signature of nobody"),
        },
    }


def is_absolute(url: str) -> bool:
    """Tell whether a URL has a scheme and a host."""
    parts = urlsplit(url)
    return bool(parts.scheme and parts.hostname)


def is_secure(url: str) -> bool:
    """Tell whether a URL's origin is secure: https, or this machine. Source: W3C "Secure Contexts"."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    local = host in LOOPBACK or host.startswith("127.") or host.endswith(".localhost")
    return parts.scheme == "https" or local


def decoded(value: object) -> bytes | None:
    """Return what base64 text stands for; None when it is none."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) and value else None
    except (binascii.Error, ValueError):
        return None


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
