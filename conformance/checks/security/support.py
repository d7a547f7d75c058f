"""Hostile uploads, and what a registry may make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from conformance.kit import expect
from conformance.kit.http import Part, UploadForm
from conformance.pages import ProjectPage, read_project_page
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import Registry
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

Payload = TypeVar("Payload")

ATTACKER = "attacker.example"
"""A host that cannot exist. Source: RFC 2606, section 3."""

INJECTED = "injected"
BREAKING_OUT = f"""'"/onmouseover={INJECTED}/x='"><script>{INJECTED}</script>"""
"""Leaves an attribute in quotes of either kind, and then the tag. It has no space, so that it fits in a specifier."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An upload with one hostile thing about it, and the answer. `file` is what it would be without that."""

    what: str
    file: Distribution
    answer: Answer

    @property
    def accepted(self) -> bool:
        """Whether the registry has taken it."""
        return self.answer.is_success

    @property
    def failed(self) -> bool:
        """Whether the answer is neither yes nor no."""
        return not (self.answer.is_success or self.answer.is_client_error)


def sent_as(
    registry: Registry,
    project: str,
    payloads: Mapping[str, Payload],
    change: Callable[[Distribution, Payload], UploadForm],
) -> list[Sent]:
    """Upload a wheel for each payload, a version of its own, in the form that `change` makes of both.

    The payloads' keys say what they are.
    """
    files = {what: wheel(project, f"1.{number}") for number, what in enumerate(payloads)}
    return [
        Sent(what=what, file=file, answer=registry.upload(file, form=change(file, payloads[what])))
        for what, file in files.items()
    ]


def page_if_any(registry: Registry, project: str) -> ProjectPage:
    """Return a project's HTML page as it is now; without a page it has no files, however that is said."""
    answer = registry.project_answer(project, fresh=True)
    if answer.status != 200:
        return ProjectPage(files=(), where=str(answer))
    return read_project_page(answer.text, url=answer.url, where=str(answer))


def kept_in_place(registry: Registry, sent: list[Sent]) -> None:
    """Require that each upload was refused, or kept under the plain name of its file, and nothing else is listed."""
    page = page_if_any(registry, sent[0].file.name)
    plain = {each.file.filename for each in sent if each.accepted}
    wrong = [f"{each.what}: {each.answer.status}" for each in sent if each.failed]
    wrong += [
        f"{each.what}: accepted, and {each.file.filename} is not on its page"
        for each in sent
        if each.accepted and each.file.filename not in page.filenames
    ]
    wrong += [f"{file.filename!r}: listed" for file in page.files if file.filename not in plain]
    wrong += [
        f"{file.filename!r}: at {file.url}" for file in page.files if last_part(file.url) != file.filename
    ]
    expect.nothing(of=wrong, is_="but refused, or kept under the plain name", where=page.where)


def last_part(url: str) -> str:
    """Return what a URL's path ends with, decoded."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


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


def injections(answer: Answer) -> list[str]:
    """Return what a browser would run of a payload in an answer that it takes for HTML."""
    if answer.content_type not in {"", "text/html", "application/xhtml+xml"}:
        return []
    reader = _Browser()
    reader.feed(answer.text)
    reader.close()
    return reader.injected


class _Browser(HTMLParser):
    """Finds scripts and event handlers that say `INJECTED`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.injected: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name.startswith("on") and (value or "").startswith(INJECTED):
                self.injected.append(f"<{tag} {name}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script" and INJECTED in data:
            self.injected.append("<script>")
