"""Provenance objects, and the attestations in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from conformance.checks.provenance.provenance_objects import decoded
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import MOST_CHARACTERS
from conformance.kit.urls import loses_the_way
from conformance.pages import read_json
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.checks.provenance.provenance_objects import Provenance
    from conformance.kit.fixtures import RegistryClient

STATEMENT_V1 = "https://in-toto.io/Statement/v1"
HEX = frozenset("0123456789abcdefABCDEF")


@check("provenance.fetch")
def test_fetch(registry: RegistryClient, provenance: list[Provenance]) -> None:
    index_url = registry.target.index_url
    for each in provenance:
        if each.answer.status != 200 and loses_the_way(each.answer.url, index_url):
            raise Deviation(
                expected=f"a URL with the scheme and the port of {index_url}",
                found=f"{each.answer.url}: status {each.answer.status}",
                where=str(each.answer),
            )
        expect.status(each.answer, 200)
        document = read_json(each.answer.content)
        expect.rule("valid JSON", broken_by=document.problems, where=each.answer)
        if not isinstance(document.data, dict):
            raise Deviation(expected="a JSON object", found=each.answer.excerpt(), where=str(each.answer))


@check("provenance.object.version")
def test_object_version(readable: list[Provenance]) -> None:
    for each in readable:
        found = repr(each.object.get("version"))
        expect.equal(found, "1", of="the version of the object", where=each.answer)


@check("provenance.object.bundles")
def test_object_bundles(readable: list[Provenance]) -> None:
    for each in readable:
        bundles = each.object.get("attestation_bundles")
        if not (isinstance(bundles, list) and bundles):
            raise Deviation(
                expected="attestation_bundles to hold one or more bundles",
                found=repr(bundles)[:MOST_CHARACTERS],
                where=str(each.answer),
            )
        expect.each(
            bundles,
            "to have a publisher and one or more attestations",
            _is_bundle,
            of="bundle",
            where=each.answer,
            named=lambda bundle: repr(bundle)[:100],
        )


def _is_bundle(bundle: object) -> bool:
    if not isinstance(bundle, Mapping) or not isinstance(bundle.get("publisher"), Mapping):
        return False
    attestations = bundle.get("attestations")
    return isinstance(attestations, list) and bool(attestations)


@check("provenance.object.publisher-kind")
def test_object_publisher_kind(readable: list[Provenance]) -> None:
    for each in readable:
        kinds = [publisher.get("kind") for publisher in each.publishers]
        wrong = [repr(kind) for kind in kinds if not isinstance(kind, str)]
        expect.rule("the kind of every publisher to be a string", broken_by=wrong, where=each.answer)


@check("provenance.object.publisher-claims")
def test_object_publisher_claims(readable: list[Provenance]) -> None:
    for each in readable:
        claims = [publisher.get("claims", "nothing") for publisher in each.publishers]
        wrong = [repr(found) for found in claims if found is not None and not isinstance(found, Mapping)]
        expect.rule(
            "the claims of every publisher to be an object or null", broken_by=wrong, where=each.answer
        )


@check("provenance.attestation.schema")
def test_attestation_schema(readable: list[Provenance]) -> None:
    for each in readable:
        wrong = [fault for attestation in each.attestations for fault in _faults(attestation)]
        expect.rule("every attestation to follow its schema", broken_by=wrong, where=each.answer)


def _faults(attestation: Mapping[str, Any]) -> Iterator[str]:
    """Name what is not as the attestation object has it."""
    material, envelope = attestation.get("verification_material"), attestation.get("envelope")
    if repr(attestation.get("version")) != "1":
        yield f"version {attestation.get('version')!r}"
    if not isinstance(material, Mapping):
        yield "no verification_material"
    else:
        if decoded(material.get("certificate")) is None:
            yield "no certificate in base64"
        entries = material.get("transparency_entries")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            yield "no list of transparency_entries"
    if not isinstance(envelope, Mapping):
        yield "no envelope"
    else:
        yield from (
            f"no {key} in base64" for key in ("statement", "signature") if not decoded(envelope.get(key))
        )


@check("provenance.statement.subject")
def test_statement_subject(readable: list[Provenance]) -> None:
    judged = 0
    for each in readable:
        for statement in _statements(each):
            judged += 1
            subjects = statement.get("subject")
            if not isinstance(subjects, list) or len(subjects) != 1:
                raise Deviation(
                    expected="a statement with one subject", found=repr(subjects), where=str(each.answer)
                )
            wrong = list(_differences(subjects[0], each))
            expect.rule(
                f"the subject of every statement to be {each.file.filename} with its sha256",
                broken_by=wrong,
                where=each.answer,
            )
    if not judged:
        raise Untestable("no attestation has a statement that can be read; see provenance.attestation.schema")


@check("provenance.statement.type")
def test_statement_type(readable: list[Provenance]) -> None:
    """A statement has one type for all of version 1, whatever its predicate."""
    found = [(each, statement) for each in readable for statement in _statements(each)]
    if not found:
        raise Untestable("no attestation has a statement that can be read; see provenance.attestation.schema")
    for each, statement in found:
        expect.equal(statement.get("_type"), STATEMENT_V1, of="_type of the statement", where=each.answer)
        predicate = statement.get("predicateType")
        wrong = [] if isinstance(predicate, str) and predicate else [repr(predicate)]
        expect.rule("the predicateType of the statement to be a URI", broken_by=wrong, where=each.answer)


def _statements(each: Provenance) -> Iterator[Mapping[str, Any]]:
    for attestation in each.attestations:
        envelope = attestation.get("envelope")
        content = decoded(envelope.get("statement")) if isinstance(envelope, Mapping) else None
        if content and (statement := read_json(content).object):
            yield statement


def _differences(subject: object, each: Provenance) -> Iterator[str]:
    if not isinstance(subject, Mapping):
        yield f"the subject {subject!r}"
        return
    if _parsed(subject.get("name")) != _parsed(each.file.filename):
        yield f"the name {subject.get('name')!r}"
    digests = subject.get("digest")
    sha256 = digests.get("sha256") if isinstance(digests, Mapping) else None
    if not isinstance(sha256, str) or set(sha256) - HEX:
        yield f"the digest {digests!r}"
    elif sha256.lower() != each.file.hashes.get("sha256", sha256).lower():
        yield f"the sha256 {sha256}"


def _parsed(filename: object) -> object:
    """Return what a file name says, equal for equal names in other spellings."""
    try:
        text = str(filename)
        return parse_wheel_filename(text) if text.endswith(".whl") else parse_sdist_filename(text)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
