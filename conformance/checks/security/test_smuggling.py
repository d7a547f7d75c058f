"""Requests that two servers in a row may read in two ways. What they mean is harmless in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.raw_uploads import chunked, chunks, reaction_on, whole_or_refused
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient
    from conformance.kit.uploads.raw_uploads import Headers, Reaction

CHUNK = 512


@check("security.smuggling")
def test_smuggling(registry: RegistryClient, new_name: NewName) -> None:
    """The length is that of the chunks as they are sent, so that nothing is left over for another request."""
    distribution = wheel(new_name("two-lengths"), "1.0")
    form = upload_form(distribution)
    body = b"".join(chunks(form.body(), size=CHUNK))
    registry.announce(distribution)
    both = [*chunked(form), ("Content-Length", str(len(body)))]
    reaction, stays = sent_and_closed(registry, "a length and chunks", both, body)
    whole_or_refused(registry, distribution, reaction, may_hang_up=True)

    twice = [("Content-Type", form.content_type), ("Content-Length", "4"), ("Content-Length", "6")]
    other, other_stays = sent_and_closed(registry, "two lengths", twice, b"\r\n" * 3)
    expect.rule(
        "the connection to be closed after a request of ambiguous length",
        broken_by=[str(each) for each, open_ in ((reaction, stays), (other, other_stays)) if open_],
        where=registry.target.upload_url,
    )
    if not other.refused(may_hang_up=True):
        raise Deviation(
            expected="two different lengths to be refused with 400",
            found=str(other),
            where=registry.target.upload_url,
        )


def sent_and_closed(
    registry: RegistryClient, what: str, headers: Headers, body: bytes
) -> tuple[Reaction, bool]:
    """Post a request; return the reaction, and whether the connection stays open behind it."""
    with registry.connect() as connection:
        connection.request("POST", headers=headers, body=body)
        reaction = reaction_on(what, connection)
        return reaction, not connection.hung_up()
