"""Ways to write a form that all say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from conformance.kit.differences import written
from conformance.kit.http import Part, UploadForm
from conformance.kit.properties import strategies

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


SIMPLEST = "0"
"""The boundary that a search ends with, where any does."""


@dataclass(frozen=True, kw_only=True)
class HeadedPart(Part):
    """A part with a header line before those that matter, and its own spelling of `Content-Disposition`.

    The order of the parameters means nothing. Source: RFC 2045, #section-5.1.
    """

    first: str
    disposition: str
    is_named_last: bool

    def head(self) -> bytes:
        """Return the part's header block."""
        usual = super().head().replace(b"Content-Disposition", self.disposition.encode(), 1)
        if self.is_named_last:
            usual = re.sub(rb'(; name="[^"]*")(; filename="[^"]*")', rb"\2\1", usual, count=1)
        return (f"{self.first}\r\n".encode() if self.first else b"") + usual


@dataclass(frozen=True, kw_only=True)
class SurroundedForm(UploadForm):
    """A form with something before its first boundary and after its last. Source: RFC 2046, #section-5.1.1."""

    preamble: str
    epilogue: str

    def body(self) -> bytes:
        """Return the request's body."""
        return self.preamble.encode() + super().body() + self.epilogue.encode()


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a form is written that says the same as any other."""

    order: tuple[int, ...]
    boundary: str
    headers: tuple[tuple[str, str, str | None], ...]
    preamble: str
    epilogue: str
    is_named_last: bool

    def __str__(self) -> str:
        """Everything that a reader of forms may stumble over, and nothing that is as in any form."""
        around = {"preamble": self.preamble, "epilogue": self.epilogue}
        words = [f"the {name} {text!r}" for name, text in around.items() if text]
        if list(self.order) != sorted(self.order):
            words.append(f"parts in the order {written(self.order)}")
        first, spellings, types = map(set, zip(*self.headers, strict=True))
        words += ["a header before Content-Disposition"] if first - {""} else []
        words += ["Content-Disposition in lower case"] if "content-disposition" in spellings else []
        words += ["`name` after `filename`"] if self.is_named_last else []
        words += [f"texts of the type {each}" for each in sorted(filter(None, types))]
        if not words or self.boundary != SIMPLEST:
            words.append(f"the boundary {self.boundary!r}")
        return ", ".join(words)

    def of(self, form: UploadForm) -> UploadForm:
        """Return the form in this layout. A file keeps its Content-Type."""
        parts = tuple(self._headed(form.parts[at], *self.headers[at]) for at in self.order)
        return SurroundedForm(
            parts=parts,
            boundary=self.boundary,
            preamble=self.preamble,
            epilogue=self.epilogue,
        )

    def _headed(self, part: Part, first: str, disposition: str, text_type: str | None) -> Part:
        return HeadedPart(
            name=part.name,
            content=part.content,
            filename=part.filename,
            content_type=part.content_type if part.filename is not None else text_type,
            first=first,
            disposition=disposition,
            is_named_last=self.is_named_last,
        )


@dataclass(frozen=True, kw_only=True)
class CapitalForm(UploadForm):
    """A form whose type is written with capitals. Source: RFC 9110, #section-8.3.1."""

    @property
    def content_type(self) -> str:
        """The request's Content-Type."""
        return super().content_type.replace("multipart/form-data", "Multipart/Form-Data", 1)


def layouts(parts: int) -> SearchStrategy[Layout]:
    """Draw layouts of a form: order, boundary, headers of the parts, and what stands around them.

    Source: RFC 7578, #section-5.2, #section-4.4 and #section-4.8; RFC 2046, #section-5.1.1.
    """
    header = st.tuples(
        st.sampled_from(["", "X-Registry-Conformance: 1"]),
        st.sampled_from(["Content-Disposition", "content-disposition"]),
        st.sampled_from([None, "text/plain", "text/plain; charset=utf-8", "text/plain;charset=UTF-8"]),
    )
    return st.builds(
        lambda drawn, headers, preamble, epilogue, is_named_last: Layout(
            order=drawn[0],
            boundary=drawn[1],
            headers=tuple(headers),
            preamble=preamble,
            epilogue=epilogue,
            is_named_last=is_named_last,
        ),
        strategies.form_layouts(parts),
        st.lists(header, min_size=parts, max_size=parts),
        st.sampled_from(["", "\r\n", "This is a form.\r\n"]),
        st.sampled_from(["", "\r\n", "That was a form.\r\n"]),
        st.booleans(),
    )
