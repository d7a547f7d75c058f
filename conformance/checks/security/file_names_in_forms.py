"""Forms whose file has another name, or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.kit.http import Part, UploadForm

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class StarredPart(Part):
    """A file part with a second name, in the encoding of RFC 5987, which forms must not use (RFC 7578, 4.2)."""

    starred: str

    def head(self) -> bytes:
        """Return the part's header block."""
        disposition, _, others = super().head().partition(b"\r\n")
        return disposition + f"; filename*=UTF-8''{self.starred}\r\n".encode() + others


def named(form: UploadForm, filename: str) -> UploadForm:
    """Return the form with its file under another name."""
    return _with_file(form, lambda part: replace(part, filename=filename))


def starred(form: UploadForm, filename: str | None, second: str) -> UploadForm:
    """Return the form with its file under a name, or none, and a second one, encoded already."""
    return _with_file(
        form,
        lambda part: StarredPart(
            name=part.name,
            content=part.content,
            filename=filename,
            content_type=part.content_type,
            starred=second,
        ),
    )


def _with_file(form: UploadForm, change: Callable[[Part], Part]) -> UploadForm:
    parts = tuple(change(part) if part.name == "content" else part for part in form.parts)
    return replace(form, parts=parts)
