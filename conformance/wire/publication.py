"""Accepted uploads, kept so that a script can send them again."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    publications: Iterable[Publication], exchanges: Collection[Exchange]
) -> list[Publication]:
    """Return the publications of the files and projects in these exchanges, each file once.

    Publications that are themselves among the exchanges are left out.
    """
    asked = "\n".join(f"{exchange.request}\n{exchange.request_body}" for exchange in exchanges)
    among = {exchange.number for exchange in exchanges}
    found = (each for each in publications if each.number not in among and each.is_in(asked))
    return list({each.filename: each for each in found}.values())
