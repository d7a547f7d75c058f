"""The form of attestations as the Python Package Index checks it. Signatures and identities are not verified.

Source: PEP 740; PyPA "Index hosted attestations"; Warehouse, `warehouse/attestations/services.py`. The index takes
attestations only from Trusted Publishers; here, every token stands for one.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Any

from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.model import Upload

REFUSED = "Invalid attestations supplied during upload: {}"
PREDICATES = (
    re.compile(r"https://docs\.[a-z.]+/attestations/publish/v1"),
    re.compile(r"https://slsa\.dev/provenance/v1"),
)
"""The two predicate types: that of an index, whose documentation has a host of its own, and that of SLSA."""


def require_form(fields: Iterable[str], upload: Upload) -> None:
    """Check the fields with the attestations of an upload. Raises `PolicyError`."""
    for sent in fields:
        try:
            predicates = [_predicate(each, upload) for each in _attestations(sent)]
        except (ValueError, TypeError, KeyError, RecursionError, Base64Error) as error:
            raise PolicyError(REFUSED.format(f"Malformed attestations: {error}")) from error
        for predicate in predicates:
            if not any(each.fullmatch(predicate) for each in PREDICATES):
                raise PolicyError(REFUSED.format(f"Attestation with unsupported predicate type: {predicate}"))
            if predicates.count(predicate) > 1:
                raise PolicyError(
                    REFUSED.format(
                        f"Multiple attestations for the same file with the same predicate type ({predicate}) "
                        "are not supported"
                    )
                )


def _attestations(sent: str) -> list[Any]:
    found = json.loads(sent)
    if not isinstance(found, list):
        raise ValueError("expected an array")  # noqa: TRY004 - of the JSON, as all that is malformed
    if not found:
        raise ValueError("an empty attestation set is not permitted")
    if len(found) > len(PREDICATES):
        raise PolicyError(
            REFUSED.format(f"A maximum of {len(PREDICATES)} attestations per file are supported")
        )
    return found


def _predicate(attestation: Any, upload: Upload) -> str:
    """Return the predicate type of an attestation for this file. Raises `ValueError`, `TypeError`, `KeyError`."""
    if attestation["version"] != 1 or isinstance(attestation["version"], bool):
        raise ValueError("version is not 1")
    material, envelope = attestation["verification_material"], attestation["envelope"]
    b64decode(material["certificate"], validate=True)
    entries = material["transparency_entries"]
    if not (isinstance(entries, list) and entries and all(isinstance(each, dict) for each in entries)):
        raise ValueError("transparency_entries is no array of objects")
    b64decode(envelope["signature"], validate=True)
    statement = json.loads(b64decode(envelope["statement"], validate=True))
    (subject,) = statement["subject"]
    if subject["name"] != upload.filename or subject["digest"]["sha256"] != upload.blob.digests["sha256"]:
        raise PolicyError(
            REFUSED.format(
                "Could not verify the uploaded artifact using the included attestation: subject does not match"
            )
        )
    return str(statement["predicateType"])
