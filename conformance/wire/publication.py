"""Accepted uploads, kept so that a script can send them again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

from msgspec import Meta
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.wire.exchange import Exchange
    from reference_server.distributions import Distribution


@dataclass(frozen=True, kw_only=True)
class Publication:
    """An accepted upload, which a script can send again."""

    project: Annotated[str, Meta(description="The normalized name.")]
    filename: str
    url: str
    credential: Annotated[str, Meta(description="The name of the credential.")]
    content_type: str
    body: Annotated[
        str,
        Meta(
            description="The body of the request in base64 (RFC 4648).",
            extra_json_schema={"contentEncoding": "base64"},
        ),
    ]
    number: Annotated[
        int, Meta(ge=0, description="The position of its exchange in the transcript of this process, or 0.")
    ] = 0
    asked_before: Annotated[
        tuple[str, ...],
        Meta(
            description="The requests for the project's page, and for the list of projects, between the upload before "
            "it and this one."
        ),
    ] = ()

    def is_in(self, text: str) -> bool:
        """Return whether a text, such as a URL, names the project or the file, in any spelling."""
        text = canonicalize_name(unquote(text))
        project = rf"(?<![a-z0-9]){re.escape(self.project)}(?![a-z0-9-])"
        return canonicalize_name(self.filename) in text or re.search(project, text) is not None


def publication_of(
    distribution: Distribution, *, url: str, credential: str, content_type: str, body: str, number: int = 0
) -> Publication | None:
    """Return the record of an accepted upload; None if the transcript does not hold its body."""
    if not body:
        return None
    return Publication(
        project=canonicalize_name(distribution.name),
        filename=distribution.filename,
        url=url,
        credential=credential,
        content_type=content_type,
        body=body,
        number=number,
    )


def publications_behind(
    publications: Iterable[Publication], exchanges: Collection[Exchange], *, found: str = ""
) -> list[Publication]:
    """Return the publications of the files and projects in these exchanges, or that were `found`, each file once.

    Publications that are themselves among the exchanges are left out.
    """
    asked = "\n".join([*(f"{each.request}\n{each.request_body}" for each in exchanges), found])
    among = {exchange.number for exchange in exchanges}
    behind = (each for each in publications if each.number not in among and each.is_in(asked))
    return list({each.filename: each for each in behind}.values())


def with_early_requests(
    publications: Collection[Publication], exchanges: Iterable[Exchange], *, root: str
) -> list[Publication]:
    """Return publications with what was asked of their projects, or as `root`, since the upload before each.

    An answer that a cache keeps shows later uploads only if it was asked for again.
    """
    asked = [(each.number, each.request) for each in exchanges if each.request.startswith("GET ")]
    early: dict[str, list[tuple[int, str]]] = {}
    for project in {each.project for each in publications}:
        page = f"/{project}/"
        early[project] = [(at, request) for at, request in asked if request == root or page in f"{request}/"]
    last = dict.fromkeys(early, 0)
    found = []
    for each in publications:
        between = {
            request: None for at, request in early[each.project] if last[each.project] < at < each.number
        }
        found.append(replace(each, asked_before=(*between,)))
        last[each.project] = max(each.number, last[each.project])
    return found
