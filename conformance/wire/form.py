"""The legacy upload form. A check controls every byte of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.distributions import Distribution

BOUNDARY = "registry-conformance-boundary"
TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+")
"""What a parameter may be without quotes. Source: RFC 2045, #section-5.1."""


MOST_DESCRIBED = 200
"""Bytes of a field that a transcript has."""
LEFT_OUT = "… <"
"""What stands where the rest of a text was left out."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of multipart/form-data: a file if it has a filename, else a text field."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None

    def head(self) -> bytes:
        """Return the part's header block."""
        disposition = f'form-data; name="{self.name}"'
        if self.filename is not None:
            disposition += f'; filename="{self.filename}"'
        lines = [f"Content-Disposition: {disposition}"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, kw_only=True)
class UploadForm:
    """An upload form with its parts in order. Source: RFC 7578."""

    parts: tuple[Part, ...]
    boundary: str = field(default=BOUNDARY)

    @property
    def content_type(self) -> str:
        """The request's Content-Type. As with twine and uv, a boundary has quotes only where it needs them."""
        needs_quotes = TOKEN.fullmatch(self.boundary) is None
        written = f'"{self.boundary}"' if needs_quotes else self.boundary
        return f"multipart/form-data; boundary={written}"

    def body(self) -> bytes:
        """Return the request's body."""
        opening = f"--{self.boundary}\r\n".encode()
        pieces = [piece for part in self.parts for piece in (opening, part.head(), part.content, b"\r\n")]
        return b"".join([*pieces, f"--{self.boundary}--\r\n".encode()])

    def described(self) -> str:
        """Return the form for the transcript: fields with their values, files with their sizes."""
        return "\n".join(
            f"{part.name}: {len(part.content)} bytes as {part.filename!r}"
            if part.filename is not None
            else f"{part.name}: {_beginning(part.content)}"
            for part in self.parts
        )

    def text(self, name: str) -> str:
        """Return the first text field of a name; empty without one."""
        found = (part.content for part in self.parts if part.name == name and part.filename is None)
        return next(found, b"").decode(errors="replace")

    def with_field(self, name: str, value: str) -> UploadForm:
        """Return the form with one text field set: replaced in its place, or added in front."""
        changed = Part(name=name, content=value.encode())
        if any(part.name == name for part in self.parts):
            return replace(self, parts=tuple(changed if part.name == name else part for part in self.parts))
        return replace(self, parts=(changed, *self.parts))

    def with_more(self, fields: Iterable[tuple[str, str]]) -> UploadForm:
        """Return the form with text fields added in front."""
        more = tuple(Part(name=name, content=value.encode()) for name, value in fields)
        return replace(self, parts=(*more, *self.parts))

    def without(self, name: str) -> UploadForm:
        """Return the form without a part."""
        return replace(self, parts=tuple(part for part in self.parts if part.name != name))


def upload_form(distribution: Distribution) -> UploadForm:
    """Return the form that publishes a distribution, in twine's order: the file is last."""
    fields = tuple(Part(name=name, content=value.encode()) for name, value in distribution.form())
    file = Part(
        name="content",
        content=distribution.content,
        filename=distribution.filename,
        content_type="application/octet-stream",
    )
    return UploadForm(parts=(*fields, file))


def _beginning(content: bytes) -> str:
    text = content[:MOST_DESCRIBED].decode("utf-8", errors="replace")
    return text if len(content) <= MOST_DESCRIBED else f"{text}{LEFT_OUT}{len(content)} bytes in all>"
