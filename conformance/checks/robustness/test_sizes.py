"""Uploads with too much of something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.kit.check import check
from conformance.kit.http import Part, upload_form
from conformance.kit.uploads.raw_uploads import (
    chunked,
    chunks,
    reaction_on,
    reaction_to,
    reaction_to_form,
    refused_and_nothing_stored,
    sized,
    whole_or_refused,
)
from conformance.kit.uploads.scenarios import size_limit
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient

FAR_ABOVE = 1_000_000_000
"""Bytes that are declared beyond the limit, at the least: a registry may leave room for the rest of a form."""
LITTLE = 32 * 1024
SENT_AT_MOST = 1_000_000
"""The highest limit that is tried out, in bytes."""

FIELDS = 10_000
LONG_TEXT = 3_000_000
PART_HEADER = 64 * 1024
BOUNDARY = 1_000_000


@check("robustness.oversize")
def test_oversize(registry: RegistryClient, new_name: NewName) -> None:
    """A registry may wait for the rest of a declared body: only an answer, if there is one, is judged."""
    limit = size_limit(registry)
    distribution = wheel(new_name("oversize"), "1.0", size=min(limit, SENT_AT_MOST) * 2)
    form = upload_form(distribution)
    declared = max(10 * limit, limit + FAR_ABOVE)
    headers = [("Content-Type", form.content_type), ("Content-Length", str(declared))]
    registry.announce(distribution)
    with registry.connect() as connection:
        connection.request("POST", headers=headers, body=form.body()[:LITTLE])
        reaction = reaction_on(f"{declared} bytes declared", connection)
    reactions = [] if reaction.silent else [reaction]
    if limit <= SENT_AT_MOST:
        body = b"".join(chunks(form.body(), size=LITTLE))
        what = f"{len(body)} bytes in chunks"
        reactions.append(reaction_to(what, registry, distribution, headers=chunked(form), body=body))
    refused_and_nothing_stored(registry, distribution, *reactions)


@check("robustness.many-fields")
def test_many_fields(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("many-fields"), "1.0")
    form = upload_form(distribution).with_more([("classifiers", "Private :: Conformance")] * FIELDS)
    reaction = reaction_to_form(f"{FIELDS} fields", registry, distribution, form)
    whole_or_refused(registry, distribution, reaction)


@check("robustness.huge-text-field")
def test_huge_text_field(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("huge-text"), "1.0")
    form = upload_form(distribution).with_field("description", "All is well. " * (LONG_TEXT // 13))
    reaction = reaction_to_form(f"a text of {LONG_TEXT} bytes", registry, distribution, form)
    whole_or_refused(registry, distribution, reaction)


@check("robustness.huge-header")
def test_huge_header(registry: RegistryClient, new_name: NewName) -> None:
    """A server that stops reading a long header may be unable to answer it: closing the connection is enough."""
    name = new_name("huge-header")
    first, second = wheel(name, "1.0"), wheel(name, "1.1")
    form = upload_form(first)
    padded = PaddedPart(name="comment", content=b"", padding=PART_HEADER)
    form = replace(form, parts=(padded, *form.parts))
    reaction = reaction_to_form("a long part header", registry, first, form)
    whole_or_refused(registry, first, reaction, may_hang_up=True)

    form = replace(upload_form(second), boundary="b" * BOUNDARY)
    small = replace(form, parts=form.parts[-1:])  # a file and nothing else, between two such boundaries
    reaction = reaction_to("a long boundary", registry, second, headers=sized(small), body=small.body())
    whole_or_refused(registry, second, reaction, may_hang_up=True)


@dataclass(frozen=True, kw_only=True)
class PaddedPart(Part):
    """A part with one long header field."""

    padding: int

    def head(self) -> bytes:
        """Return the part's header block."""
        return b"X-Padding: " + b"x" * self.padding + b"\r\n" + super().head()
