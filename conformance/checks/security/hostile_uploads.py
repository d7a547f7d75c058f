"""Uploads with one hostile thing about them, and what the registry stored of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from conformance.kit import expect
from conformance.pages import ProjectPage, read_project_page
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import RegistryClient, Strays
    from conformance.kit.http import Answer, UploadForm
    from reference_server.distributions import Distribution

Payload = TypeVar("Payload")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An upload with one hostile thing about it, and the answer. `file` is what it would be without that.

    `path` is where a registry that is taken in would write the file; empty where it would be in its store.
    """

    what: str
    file: Distribution
    answer: Answer
    path: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the registry has taken it."""
        return self.answer.is_success

    @property
    def failed(self) -> bool:
        """Whether the answer is neither yes nor no."""
        return not (self.answer.is_success or self.answer.is_client_error)


def sent_as(
    registry: RegistryClient,
    project: str,
    payloads: Mapping[str, Payload],
    change: Callable[[Distribution, Payload], UploadForm],
    path: Callable[[Distribution, Payload], str] = lambda *_: "",
) -> list[Sent]:
    """Upload a wheel for each payload, a version of its own, in the form that `change` makes of both.

    The payloads' keys say what they are. `path` makes the path of a file that leaves the store.
    """
    files = {what: wheel(project, f"1.{number}") for number, what in enumerate(payloads)}
    return [
        Sent(
            what=what,
            file=file,
            answer=registry.upload(file, form=change(file, payloads[what])),
            path=path(file, payloads[what]),
        )
        for what, file in files.items()
    ]


def page_if_any(registry: RegistryClient, project: str) -> ProjectPage:
    """Return a project's HTML page as it is now; without a page it has no files, however that is said."""
    answer = registry.project_answer(project, fresh=True)
    if answer.status != 200:
        return ProjectPage(files=(), where=str(answer))
    return read_project_page(answer.text, url=answer.url, where=str(answer))


def kept_in_place(registry: RegistryClient, sent: list[Sent], strays: Strays | None = None) -> None:
    """Require that each upload was refused, or kept under the plain name of its file, and nothing else is listed.

    What was accepted under a path, and is not listed, goes to `strays`.
    """
    page = page_if_any(registry, sent[0].file.name)
    for each in sent:
        if strays and each.accepted and each.path and each.file.filename not in page.filenames:
            strays(each.path)
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
    expect.rule(
        "every upload to be refused, or kept under the plain name of its file",
        broken_by=wrong,
        where=page.where,
    )


def last_part(url: str) -> str:
    """Return what a URL's path ends with, decoded."""
    return unquote(urlsplit(url).path.rpartition("/")[2])
