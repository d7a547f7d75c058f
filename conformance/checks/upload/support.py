"""What checks of uploads send, and what they require of more than one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from conformance.kit import expect, strategies
from conformance.kit.http import Part, UploadForm
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.kit.http import Answer
    from conformance.kit.registry import Registry
    from reference_server.distributions import Distribution


def accepted_and_listed(
    registry: Registry, distribution: Distribution, form: UploadForm | None = None
) -> None:
    """Require that a distribution is taken, and is then on its project's page."""
    expect.accepted(registry.upload(distribution, form=form))
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


def refused_and_not_listed(registry: Registry, distribution: Distribution, form: UploadForm) -> None:
    """Require that a form is refused as the sender's mistake, and leaves no file."""
    expect.refused(registry.upload(distribution, form=form))
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])


def stored_whole_or_not_at_all(registry: Registry, answer: Answer, *sent: Distribution) -> None:
    """Require of an upload that a registry may take or refuse: no failure, and no file half there.

    What was refused is not listed, and what is listed has the bytes that were sent.
    """
    no_failure(answer)
    page = registry.project_page(sent[0].name)
    if not answer.is_success:
        expect.not_listed(page, [distribution.filename for distribution in sent])
    for distribution in sent:
        if file := page.file(distribution.filename):
            expect.same_bytes(registry.download(file.url), distribution)


def no_failure(answer: Answer) -> None:
    """Require that the server has understood its request: any status below 500."""
    if answer.is_server_error:
        raise Deviation(
            expected="an answer below 500",
            found=f"{answer.status} {answer.excerpt()}".strip(),
            where=str(answer),
        )


def posted(registry: Registry, url: str, form: UploadForm) -> Answer:
    """Post a form, which has been announced, to a URL of the check's own. Raises Deviation without an answer."""
    body = form.body()
    headers = [("Content-Type", form.content_type), ("Content-Length", str(len(body)))]
    with registry.connect(url) as connection:
        connection.request("POST", headers=[*headers, ("Connection", "close")], body=body)
        answer = connection.answer()
    if answer is None:
        raise Deviation(expected="an answer", found="none", where=f"POST {url}")
    return answer


@dataclass(frozen=True, kw_only=True)
class HeadedPart(Part):
    """A part with a header line before those that matter, and its own spelling of `Content-Disposition`."""

    first: str
    disposition: str

    def head(self) -> bytes:
        """Return the part's header block."""
        usual = super().head().replace(b"Content-Disposition", self.disposition.encode(), 1)
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

    def of(self, form: UploadForm) -> UploadForm:
        """Return the form in this layout. A file keeps its Content-Type."""
        parts = tuple(_headed(form.parts[at], *self.headers[at]) for at in self.order)
        return SurroundedForm(
            parts=parts, boundary=self.boundary, preamble=self.preamble, epilogue=self.epilogue
        )


def _headed(part: Part, first: str, disposition: str, text_type: str | None) -> Part:
    return HeadedPart(
        name=part.name,
        content=part.content,
        filename=part.filename,
        content_type=part.content_type if part.filename is not None else text_type,
        first=first,
        disposition=disposition,
    )


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
        lambda drawn, headers, preamble, epilogue: Layout(
            order=drawn[0],
            boundary=drawn[1],
            headers=tuple(headers),
            preamble=preamble,
            epilogue=epilogue,
        ),
        strategies.form_layouts(parts),
        st.lists(header, min_size=parts, max_size=parts),
        st.sampled_from(["", "\r\n", "This is a form.\r\n"]),
        st.sampled_from(["", "\r\n", "That was a form.\r\n"]),
    )


def unknown_fields() -> SearchStrategy[list[tuple[str, str]]]:
    """Draw fields that no registry knows: repeated, empty, long, of several lines, in any letters.

    Some lines look like the boundary, and are none: they are shorter.
    """
    names = st.sampled_from(
        ["x_future_field", "X-Future-Field", "metadata_of_2030", "Description-Content-Type"]
    )
    values = st.one_of(
        st.sampled_from(["", "UNKNOWN", "two\r\nlines", "one\n\ntwo\n", "long " * 4_000]),
        st.sampled_from(["--registry-conformance", "\r\n--registry-conformance\r\n", "\r\n--\r\n"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200),
    )
    return st.lists(st.tuples(names, values), min_size=1, max_size=6)


def as_file(form: UploadForm, name: str) -> UploadForm:
    """Return the form with a text field sent as a file."""
    return replace(
        form,
        parts=tuple(
            replace(part, filename=f"{name}.txt", content_type="text/plain") if part.name == name else part
            for part in form.parts
        ),
    )
