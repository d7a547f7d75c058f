"""Attestations and provenance objects that are right in form; nothing in them can be verified."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_server.distributions import Distribution


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
            "certificate": _base64(b"a placeholder for a certificate"),
            "transparency_entries": [entry],
        },
        "envelope": {
            "statement": _base64(json.dumps(statement).encode()),
            "signature": _base64(b"a placeholder for a signature"),
        },
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
