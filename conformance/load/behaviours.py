"""What a user does in one visit, as pip, uv, twine and mirrors were recorded to do it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.load.names import this_moment, until
from conformance.pages import JSON_V1, TEXT_HTML

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.load.visitor import Visitor
    from conformance.pages import FileLink, ProjectPage

FILE = {"Accept": "*/*", "Accept-Encoding": "identity"}
TAIL = 4096
"""Bytes at the end of a wheel that uv asks for first."""

FILES_AT_A_TIME = 4
"""How many files of a page a mirror downloads in one visit."""


class Behaviour:
    """One kind of user, from one visit to the next."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def visit(self) -> None:
        """Do what the client does when it is called once. Raises NotJudged when the run has to end."""
        raise NotImplementedError

    def _file_of(self, page: ProjectPage) -> FileLink | None:
        """Choose a file, the newest ones more often than others."""
        random = self._visitor.random
        some = page.files[-10:] if random.random() < 0.5 else page.files
        return random.choice(some) if some else None


class Pip(Behaviour):
    """`pip install NAME`: the page, the metadata if it is announced, the file."""

    HEADERS: Mapping[str, str] = {
        "Accept": f"{JSON_V1}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
        "Cache-Control": "max-age=0",
        "User-Agent": "pip/25.3 registry-conformance",
    }

    def visit(self) -> None:
        """Install one file of a project."""
        visitor = self._visitor
        project = visitor.names.any_project(visitor.random)
        page, _ = visitor.page(project, self.HEADERS)
        file = self._file_of(page) if page else None
        if file is None:
            return
        if file.core_metadata:
            visitor.metadata(file)
        visitor.download(project, file, FILE)


class Uv(Behaviour):
    """`uv pip install NAME` with a cache: the page if it has changed, the header, the end of the file, the file."""

    HEADERS: Mapping[str, str] = {
        "Accept": f"{JSON_V1}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
        "User-Agent": "uv/0.13.9 registry-conformance",
    }

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(visitor)
        self._cached: dict[str, tuple[str, ProjectPage]] = {}

    def visit(self) -> None:
        """Install one file of a project."""
        visitor = self._visitor
        project = visitor.names.any_project(visitor.random)
        etag, known = self._cached.get(project, ("", None))
        page, answer = visitor.page(project, {**self.HEADERS, **({"If-None-Match": etag} if etag else {})})
        if answer is not None and answer.status == 304:
            page = known
        elif answer is not None and page is not None and (new := answer.headers.get("ETag")):
            self._cached[project] = new, page
        file = self._file_of(page) if page else None
        if file is None:
            return
        if file.core_metadata:
            visitor.metadata(file)
            visitor.download(project, file, FILE)
            return
        visitor.head(file)
        part = visitor.part(file, TAIL)
        content = visitor.download(project, file, FILE)
        if part is not None and content is not None:
            start, end = part
            there = content[start : start + len(end)]
            visitor.compare(f"part of {file.filename}", _hex(end), _hex(there), file.url, file=file.filename)


class Twine(Behaviour):
    """`twine upload dist/*`: the wheel, then the sdist; or one file at the moment at which others publish, too."""

    def visit(self) -> None:
        """Publish a release, or meet others."""
        visitor = self._visitor
        if visitor.random.random() < 0.5:
            moment = this_moment() + 1
            time.sleep(until(moment))
            visitor.upload(visitor.names.at(moment, visitor.random), alone=bool(moment % 2))
            return
        for distribution in visitor.names.release(visitor.random):
            visitor.upload(distribution, alone=True)


class Mirror(Behaviour):
    """A mirror: the list of projects, and of some of them the page in both forms and a few files."""

    HEADERS: Mapping[str, str] = {"User-Agent": "mirror registry-conformance"}

    def visit(self) -> None:
        """Follow the registry."""
        visitor = self._visitor
        visitor.root({**self.HEADERS, "Accept": JSON_V1})
        for _ in range(2):
            project = visitor.names.any_project(visitor.random)
            page, _ = visitor.page(project, {**self.HEADERS, "Accept": JSON_V1})
            visitor.page(project, {**self.HEADERS, "Accept": TEXT_HTML})
            for file in visitor.random.sample(
                page.files if page else (), min(FILES_AT_A_TIME, len(page.files) if page else 0)
            ):
                visitor.download(project, file, FILE)


BEHAVIOURS: Mapping[str, Callable[[Visitor], Behaviour]] = {
    "pip": Pip,
    "uv": Uv,
    "twine": Twine,
    "mirror": Mirror,
}
"""Every behaviour that a mix may name."""


def _hex(content: bytes) -> str:
    return f"{len(content)}:{content.hex()[-64:]}"
