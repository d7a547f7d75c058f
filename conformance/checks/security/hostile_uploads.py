"""Uploads with one hostile thing about them, and what the registry stored of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from conformance.kit import expect
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import fetch
from conformance.pages import ProjectPage
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.kit.fixtures import RegistryClient, Strays
    from conformance.kit.http import Answer, UploadForm
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

Payload = TypeVar("Payload")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An upload with one hostile thing about it, and the answer. `file` is what it would be without that."""

    what: str
    file: Distribution
    answer: Answer
    name: str = ""
    """The file name in the form."""
    path: str = ""
    """The path that the hostile thing is, decoded; empty where it is none."""

    @property
    def accepted(self) -> bool:
        """Whether the registry has taken it."""
        return self.answer.is_success

    @property
    def failed(self) -> bool:
        """Whether the answer is neither yes nor no."""
        return not (self.answer.is_success or self.answer.is_client_error)

    def __str__(self) -> str:
        return f"{self.what}: {self.answer.status}"


def sent_as(
    registry: RegistryClient,
    project: str,
    payloads: Mapping[str, Payload],
    change: Callable[[Distribution, Payload], UploadForm],
    below: Callable[[Distribution, Payload], str] | None = None,
) -> list[Sent]:
    """Upload a wheel for each payload, a version of its own, in the form that `change` makes of both.

    The payloads' keys say what they are. `below` returns the path of the file where a payload is a folder of it.
    """
    sent = []
    for number, (what, payload) in enumerate(payloads.items()):
        file = wheel(project, f"1.{number}")
        form = change(file, payload)
        name = next((part.filename for part in form.parts if part.name == "content"), None)
        answer = registry.upload(file, form=form)
        path = path_in(payload, file.filename)
        if path and below:
            path = below(file, payload)
        sent.append(Sent(what=what, file=file, answer=answer, name=name or "", path=path))
    return sent


def path_in(payload: object, filename: str) -> str:
    """Return the decoded path that a payload is, or one of its texts; `{}` stands for the plain file name."""
    texts = payload if isinstance(payload, tuple) else (payload,)
    decoded = [unquote(str(text)).replace("{}", filename) for text in texts]
    return next((text for text in decoded if is_path(text)), "")


def page_if_any(registry: RegistryClient, project: str) -> ProjectPage:
    """Return a project's page as it is now; without a page it has no files, however that is said."""
    answer = registry.project_answer(project, fresh=True)
    return page_in(answer) if answer.status == 200 else ProjectPage(files=(), where=str(answer))


def kept_in_place(registry: RegistryClient, *projects: list[Sent], strays: Strays | None = None) -> None:
    """Require that whatever the registry took is in its place: on its project's page, and behind its link.

    `projects` are uploads by the project that they are for. A name may be reduced to its last part, or kept where it
    leads nowhere. A refusal harms nothing, and a server error is a finding of its own: see `security.no-server-error`.
    What was accepted under a path, and is not listed under a plain name, goes to `strays`.
    """
    wrong: list[str] = []
    pages, blamed = [], []
    for sent in projects:
        page = page_if_any(registry, sent[0].file.name)
        pages.append(page.where)
        wrong += [f"{file.filename!r}: listed under a path" for file in page.files if is_path(file.filename)]
        for each in sent:
            if each.accepted:
                links = links_to(each, page)
                found = astray(registry, each, links)
                if each.path and not links:
                    found.append(f"{each.what}: accepted, and not on the page of its project")
                if strays and each.path and all(is_path(file.filename) for file in links):
                    strays(each.path)
                if found or any(is_path(file.filename) for file in links):
                    blamed.append(each)
                wrong += found
    expect.rule(
        "every upload to be refused, or to be served at the link of its own project",
        broken_by=wrong,
        where=named_with("; ".join(pages), blamed),
    )


def named_with(place: str, sent: Iterable[Sent]) -> str:
    """Return a place with the uploads behind it, one a line, so that a report has them among its exchanges."""
    return "\n".join([place, *(str(each.answer) for each in sent if each.accepted)])


def links_to(sent: Sent, page: ProjectPage) -> list[FileLink]:
    """Return the links of an upload: by its plain name with something around it, or by the last part of its path."""
    stem, last = sent.file.filename.removesuffix(".whl"), re.split(r"[/\\]", sent.name)[-1]
    return [file for file in page.files if stem in unquote(file.filename) or file.filename == last]


def astray(registry: RegistryClient, sent: Sent, links: list[FileLink]) -> list[str]:
    """Say which link of an upload leads to anything but its bytes: the file was written to another place."""
    answers = [fetch(registry, file.url) for file in links if not is_path(file.filename)]
    return [
        f"{sent.what}: accepted, and not behind its link: {answer}"
        for answer in answers
        if answer.status != 200 or answer.content != sent.file.content
    ]


def is_path(filename: str) -> bool:
    """Tell whether a name leads out of a folder."""
    return not {"/", "\\"}.isdisjoint(filename) or filename in {".", ".."}


def nothing_forged(page: ProjectPage, sent: list[Sent]) -> None:
    """Require that a page has no links but those of uploads: what the text of a field said is none.

    A refused upload that is listed, and a name with something around it, are for other checks.
    """
    names = [each.file.filename for each in sent]
    forged = [file.filename for file in page.files if not any(name in file.filename for name in names)]
    expect.rule(
        "every link of the page to be that of an upload", broken_by=forged, where=named_with(page.where, sent)
    )
