"""What attestations can have wrong, one thing at a time: each begins as the right one for its file.

Sources: PEP 740, #upload-endpoint-changes; Index hosted attestations, #attestation-object, #attestation-verification.
"""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.uploads.attestations import attestation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_server.distributions import Distribution

    Field = Callable[[Distribution], str]

ELSEWHERE = "0" * 64
"""The sha256 of another file."""

SLSA, UNKNOWN = "https://slsa.dev/provenance/v1", "https://registry.example.com/attestations/unknown/v1"
"""A predicate type that the specification has, and one that it has not."""


def field_of(*attestations: object) -> str:
    """Return the form's field with these attestations."""
    return json.dumps(attestations)


def _changed(distribution: Distribution, *path: str, to: object) -> str:
    """Return the field with one value replaced in the attestation."""
    attestation = attestation_of(distribution)
    within: Any = attestation
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = to
    return field_of(attestation)


def _without(distribution: Distribution, path: tuple[str, ...]) -> str:
    """Return the field with one key of the attestation left out."""
    attestation = attestation_of(distribution)
    within: Any = attestation
    for key in path[:-1]:
        within = within[key]
    del within[path[-1]]
    return field_of(attestation)


def stating(distribution: Distribution, **changed: object) -> dict[str, Any]:
    """Return the attestation with some keys of its statement replaced."""
    attestation = attestation_of(distribution)
    statement = json.loads(base64.b64decode(attestation["envelope"]["statement"])) | changed
    attestation["envelope"]["statement"] = _base64(json.dumps(statement))
    return attestation


def _subjects(distribution: Distribution, **changed: object) -> list[dict[str, Any]]:
    subject = {"name": distribution.filename, "digest": {"sha256": distribution.sha256}}
    return [subject | changed]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CERTIFICATE, ENTRIES = (("verification_material", key) for key in ("certificate", "transparency_entries"))
STATEMENT, SIGNATURE = (("envelope", key) for key in ("statement", "signature"))
REQUIRED = (
    ("version",),
    ("verification_material",),
    ("envelope",),
    CERTIFICATE,
    ENTRIES,
    STATEMENT,
    SIGNATURE,
)
"""Where the keys of an attestation are."""

MALFORMED: Mapping[str, Field] = {
    "no JSON": lambda file: field_of(attestation_of(file))[:-1],
    "null": lambda _: "null",
    "an attestation outside an array": lambda file: json.dumps(attestation_of(file)),
    "an empty array": lambda _: "[]",
    "a text in place of an attestation": lambda _: field_of("attestation"),
    "null beside an attestation": lambda file: field_of(attestation_of(file), None),
    "version 2": lambda file: _changed(file, "version", to=2),
    "version '1', a text": lambda file: _changed(file, "version", to="1"),
    "version true": lambda file: _changed(file, "version", to=True),
    "a certificate that is no base64": lambda file: _changed(file, *CERTIFICATE, to="-----BEGIN"),
    "transparency_entries that are a text": lambda file: _changed(file, *ENTRIES, to="none"),
    "a transparency entry that is a text": lambda file: _changed(file, *ENTRIES, to=["none"]),
    "a signature that is no base64": lambda file: _changed(file, *SIGNATURE, to="not base64!"),
    "a statement that is no base64": lambda file: _changed(file, *STATEMENT, to="not base64!"),
    "a statement that is no JSON": lambda file: _changed(file, *STATEMENT, to=_base64("{")),
    "a statement that is an array": lambda file: _changed(file, *STATEMENT, to=_base64("[]")),
} | {f"no {'.'.join(path)}": partial(_without, path=path) for path in REQUIRED}
"""By what is wrong: a field that is no array of one or more attestations."""

UNTRUSTED = "a signature by no known authority"
LARGE = 100_000
"""Bytes of a certificate that is larger than any, and smaller than a file may be."""

UNVERIFIABLE: Mapping[str, Field] = {
    UNTRUSTED: lambda file: field_of(attestation_of(file)),
    "a statement of another type": lambda file: field_of(stating(file, _type=UNKNOWN)),
    "an oversized certificate": lambda file: _changed(file, *CERTIFICATE, to=_base64("0" * LARGE)),
}
"""By what is wrong: an attestation of the right form, for the right file, that no verification passes."""

ANOTHER_SUBJECT: Mapping[str, Field] = {
    "the name of another file": lambda file: _about(file, name=f"other-{file.filename}"),
    "the sha256 of another file": lambda file: _about(file, digest={"sha256": ELSEWHERE}),
    "no sha256": lambda file: _about(file, digest={"sha512": ELSEWHERE * 2}),
    "two subjects": lambda file: field_of(stating(file, subject=_subjects(file) * 2)),
    "no subject": lambda file: field_of(stating(file, subject=[])),
}
"""By what is wrong: an attestation that is not of the file alone that it comes with."""

TOO_MANY: Mapping[str, Field] = {
    "two attestations of one predicate type": lambda file: field_of(*[stating(file, predicateType=SLSA)] * 2),
    "an unknown predicate type": lambda file: field_of(stating(file, predicateType=UNKNOWN)),
}
"""By what is wrong: attestations beyond what the Python Package Index takes."""


def _about(distribution: Distribution, **changed: object) -> str:
    return field_of(stating(distribution, subject=_subjects(distribution, **changed)))
