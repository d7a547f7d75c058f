"""Uploads that end too early, in one way or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.raw_uploads import (
    ANY_ANSWER,
    chunked,
    chunks,
    reaction_to,
    refused_and_nothing_stored,
    sized,
    whole_or_refused,
)
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

CHUNK = 512
"""Bytes: the file comes in several chunks."""


@check("robustness.truncated-body")
def test_truncated_body(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("truncated"), "1.0")
    form = upload_form(distribution)
    reactions = [
        reaction_to(what, registry, distribution, headers=sized(form), body=form.body()[:end], ends=True)
        for what, end in (
            ("cut within the file", middle_of(distribution, form)),
            ("cut behind the file", end_of(distribution, form)),
        )
    ]
    refused_and_nothing_stored(registry, distribution, *reactions, refusals=ANY_ANSWER, may_hang_up=True)


@check("robustness.missing-final-boundary")
def test_missing_final_boundary(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("unterminated")
    for distribution, what, end in (
        (first := wheel(name, "1.0"), "a form that ends within the file", middle_of(first)),
        (second := wheel(name, "1.1"), "a form that ends behind the file", end_of(second)),
    ):
        form = upload_form(distribution)
        headers = [("Content-Type", form.content_type), ("Content-Length", str(end))]
        reaction = reaction_to(what, registry, distribution, headers=headers, body=form.body()[:end])
        whole_or_refused(registry, distribution, reaction)


@check("robustness.chunked-truncated")
def test_chunked_truncated(registry: RegistryClient, new_name: NewName) -> None:
    """The last chunk is of the protocol alone: without it a form may still be whole."""
    name = new_name("half-chunked")
    distribution, last_missing = wheel(name, "1.0"), wheel(name, "1.1")
    form = upload_form(distribution)
    *before, _ = chunks(form.body(), size=CHUNK)
    reactions = [
        reaction_to(what, registry, distribution, headers=chunked(form), body=body, ends=True)
        for what, body in (
            ("cut within a chunk", b"".join(before)[: middle_of(distribution, form)]),
            ("cut between two chunks", b"".join(before[: len(before) // 2])),
        )
    ]
    refused_and_nothing_stored(registry, distribution, *reactions, refusals=ANY_ANSWER, may_hang_up=True)

    form = upload_form(last_missing)
    *before, _ = chunks(form.body(), size=CHUNK)
    what, body = "without the last chunk", b"".join(before)
    reaction = reaction_to(what, registry, last_missing, headers=chunked(form), body=body, ends=True)
    whole_or_refused(registry, last_missing, reaction, refusals=ANY_ANSWER, may_hang_up=True)


@check("robustness.disconnect-before-response")
def test_disconnect_before_response(registry: RegistryClient, new_name: NewName) -> None:
    """As twine does it: it leaves, and sends the same again. What the second answer says is left to it.

    The last of three that were left is sent again at once, the first when the registry has had time for it.
    """
    abandoned = [wheel(new_name("left"), "1.0") for _ in range(3)]
    for distribution in abandoned:
        form = upload_form(distribution)
        registry.announce(distribution)
        with registry.connect() as connection:
            connection.request("POST", headers=sized(form), body=form.body())
    for distribution in reversed(abandoned):
        again = registry.upload(distribution)
        if not (again.is_success or again.is_client_error):
            raise Deviation(
                expected="the repeated upload to be accepted (2xx), or refused (4xx) as a duplicate",
                found=f"status {again.status}: {again.excerpt()}",
                where=str(again),
            )
        registry.accepted(distribution)  # one of the two was, whatever the other's answer
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)


def middle_of(distribution: Distribution, form: UploadForm | None = None) -> int:
    """Return where in the form's body half of the file is over."""
    return end_of(distribution, form) - len(distribution.content) // 2


def end_of(distribution: Distribution, form: UploadForm | None = None) -> int:
    """Return where in the form's body the file ends, and the closing boundary would follow."""
    body = (form or upload_form(distribution)).body()
    return body.index(distribution.content) + len(distribution.content)
