"""The record of one request and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

_NUMBER = re.compile(r"→ \d{3}[^\[\n]{0,60} \[(\d+)\]")


def numbers_in(text: str) -> frozenset[int]:
    """Return the numbers of the exchanges that a text names, in the form `GET URL as default → 200 OK [34]`."""
    return frozenset(map(int, _NUMBER.findall(text)))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, or one run of a client, without secrets."""

    number: Annotated[
        int,
        Meta(
            ge=0,
            description="Its place in the transcript, from 1 on; each process of a parallel run counts for itself.",
        ),
    ] = 0
    request: Annotated[str, Meta(description="Method and URL, or the command line of a client.")]
    credential: Annotated[str, Meta(description="The name of the credential, or `anonymous`.")] = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: Annotated[str, Meta(description="As described; one line per field of a form.")] = ""
    request_bytes: Annotated[
        str,
        Meta(
            description="The body in base64 (RFC 4648), or all that went over a plain socket except Authorization; "
            "empty without a deviation, without a body, and where it is too long to keep.",
            extra_json_schema={"contentEncoding": "base64"},
        ),
    ] = ""
    sending_ended: Annotated[
        bool, Meta(description="Whether the sending side of a plain socket was closed behind it.")
    ] = False
    status: Annotated[int | None, Meta(description="null without an answer, and for clients.")] = None
    reason: str = ""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: Annotated[str, Meta(description="Its head, as text; the output of a client.")] = ""
    seconds: Annotated[float, Meta(ge=0, description="Until the answer was read whole.")] = 0.0
