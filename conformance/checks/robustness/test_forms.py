"""Forms that arrive whole, and are none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.raw_uploads import (
    reaction_to,
    reaction_to_form,
    refused_and_nothing_stored,
    sized,
)
from conformance.kit.uploads.stored_files import accepted_and_listed
from conformance.verdicts import NotApplicable
from reference_server.distributions import invalid, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.uploads.raw_uploads import Reaction
    from reference_server.distributions import Distribution


@check("robustness.wrong-boundary")
def test_wrong_boundary(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("other-boundary"), "1.0")
    reaction = posted(
        registry, distribution, "multipart/form-data; boundary=another", form_body(distribution)
    )
    refused_and_nothing_stored(registry, distribution, reaction)


@check("robustness.no-boundary")
def test_no_boundary(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("no-boundary"), "1.0")
    body = form_body(distribution)
    types = ("multipart/form-data", "multipart/form-data; boundary=")
    reactions = [posted(registry, distribution, content_type, body) for content_type in types]
    refused_and_nothing_stored(registry, distribution, *reactions)


@check("robustness.not-multipart")
def test_not_multipart(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("not-multipart"), "1.0")
    fields = [*distribution.form(), ("content", distribution.filename)]
    reactions = [
        posted(registry, distribution, "application/json", json.dumps(dict(fields)).encode()),
        posted(registry, distribution, "application/x-www-form-urlencoded", urlencode(fields).encode()),
    ]
    refused_and_nothing_stored(registry, distribution, *reactions)


@check("robustness.empty-body")
def test_empty_body(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("empty-body"), "1.0")
    form_type = sized(upload_form(distribution))[0]
    reactions = [
        reaction_to(what, registry, distribution, headers=[*headers, ("Content-Length", "0")])
        for what, headers in (("a form of no bytes", [form_type]), ("no form and no bytes", []))
    ]
    refused_and_nothing_stored(registry, distribution, *reactions)


@check("robustness.empty-content")
def test_empty_content(registry: RegistryClient, new_name: NewName) -> None:
    distribution = invalid("empty_file_wheel", new_name("empty-file"), "1.0")
    reaction = reaction_to_form("no bytes", registry, distribution, upload_form(distribution))
    refused_and_nothing_stored(registry, distribution, reaction)


@check("robustness.no-filename")
def test_no_filename(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("no-filename"), "1.0")
    *fields, file = upload_form(distribution).parts
    form = replace(upload_form(distribution), parts=(*fields, replace(file, filename=None)))
    reaction = reaction_to_form("no filename", registry, distribution, form)
    refused_and_nothing_stored(registry, distribution, reaction)


@check("robustness.wrong-digest-then-right")
def test_wrong_digest_then_right(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("digest-again"), "1.0")
    wrong = upload_form(distribution).with_field("sha256_digest", wheel(new_name("other"), "1.0").sha256)
    if registry.upload(distribution, form=wrong).status < 400:
        raise NotApplicable(
            "the target accepts a file with the digest of another; see upload.digest.mismatch"
        )
    accepted_and_listed(registry, distribution)


def posted(registry: RegistryClient, distribution: Distribution, content_type: str, body: bytes) -> Reaction:
    """Post a body under a type, right or wrong."""
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return reaction_to(content_type, registry, distribution, headers=headers, body=body)


def form_body(distribution: Distribution) -> bytes:
    """Return the body of a good form."""
    return upload_form(distribution).body()
