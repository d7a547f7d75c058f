"""Uploads that come in another way than as one piece of known length."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.raw_uploads import (
    Reaction,
    chunked,
    chunks,
    reaction_on,
    reaction_to,
    sized,
    whole_or_refused,
)
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient

CHUNK = 512
"""Bytes: the file comes in several chunks."""


@check("robustness.chunked")
def test_chunked(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("chunked"), "1.0")
    form = upload_form(distribution)
    body = b"".join(chunks(form.body(), size=CHUNK))
    reaction = reaction_to("chunks", registry, distribution, headers=chunked(form), body=body)
    whole_or_refused(registry, distribution, reaction, refusals={411})


@check("robustness.expect-continue")
def test_expect_continue(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("expect"), "1.0")
    form = upload_form(distribution)
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=[*sized(form), ("Expect", "100-continue")])
        if connection.asks_for_body():
            connection.send(form.body())
            reaction = reaction_on("the body, after 100", connection)
        else:
            reaction = before_the_body(reaction_on("Expect: 100-continue", connection))
    whole_or_refused(registry, distribution, reaction)


def before_the_body(reaction: Reaction) -> Reaction:
    """Return the reaction to a form that was not sent yet. Raises Deviation when it is said to be accepted."""
    if reaction.accepted:
        raise Deviation(
            expected="100 or a refusal before the body is sent",
            found=str(reaction),
            where="Expect: 100-continue",
        )
    return reaction


@check("robustness.encoded-request")
def test_encoded_request(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("gzipped"), "1.0")
    form = upload_form(distribution)
    body = gzip.compress(form.body(), mtime=0)
    headers = [
        ("Content-Type", form.content_type),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(body))),
    ]
    reaction = reaction_to("a gzipped form", registry, distribution, headers=headers, body=body)
    whole_or_refused(registry, distribution, reaction)
