"""The read side of a target: its pages in every form it offers, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from conformance.pages import (
    JSON_V1,
    TEXT_HTML,
    FileLink,
    HtmlDocument,
    JsonDocument,
    ProjectPage,
    RootPage,
    read_html,
    read_json,
    read_project_json,
    read_project_page,
    read_root_json,
    read_root_page,
)
from conformance.pages.plain_html import MOST_LINKS
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from conformance.run.features import OfferedFeatures
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer


Page = TypeVar("Page", ProjectPage, RootPage)
Document = TypeVar("Document", HtmlDocument, JsonDocument)


@dataclass(frozen=True)
class Reading(Generic[Page, Document]):
    """A page as it came (`answer`), as its format has it (`document`), and as what it says (`page`)."""

    answer: Answer
    document: Document
    page: Page

    def __str__(self) -> str:
        """Say where this was seen."""
        return str(self.answer)


class Index:
    """The pages of a few projects and of the root.

    `projects` are normalized names: those of the corpus, or the ones that a read-only run was given.
    `project` is the first of them, in which there is most to see.
    """

    def __init__(self, registry: RegistryClient, offer: OfferedFeatures, projects: tuple[str, ...]) -> None:
        self.registry = registry
        self.offer = offer
        self.projects = projects

    @property
    def project(self) -> str:
        """The project to look at when one is enough."""
        return self.projects[0]

    @property
    def media_types(self) -> dict[str, str]:
        """The media type to ask for each form that is offered: of `html` first, then of `json`."""
        forms = {"html": TEXT_HTML, "json": JSON_V1}
        return {form: media_type for form, media_type in forms.items() if self.offer.has(form)}

    @property
    def media_type(self) -> str:
        """The media type to ask for the first form that is offered: of HTML where none is."""
        return next(iter(self.media_types.values()), TEXT_HTML)

    def html(
        self, name: str | None = None, *, fresh: bool = False, exact: bool = False
    ) -> Reading[ProjectPage, HtmlDocument]:
        """Return a project's page in HTML. Raises Deviation when there is none."""
        answer = self._ok(self._answer(name, TEXT_HTML, fresh=fresh, exact=exact))
        return _html_project(answer)

    def json(
        self, name: str | None = None, *, fresh: bool = False, exact: bool = False
    ) -> Reading[ProjectPage, JsonDocument]:
        """Return a project's page in JSON. Raises Deviation when there is none."""
        answer = self._ok(self._answer(name, JSON_V1, fresh=fresh, exact=exact))
        return _json_project(answer)

    def html_root(self, *, fresh: bool = False) -> Reading[RootPage, HtmlDocument]:
        """Return the list of projects in HTML. Raises Deviation when there is none."""
        answer = self._ok(self.registry.root_answer(accept=TEXT_HTML, fresh=fresh))
        return _html_root(answer)

    def json_root(self, *, fresh: bool = False) -> Reading[RootPage, JsonDocument]:
        """Return the list of projects in JSON. Raises Deviation when there is none."""
        answer = self._ok(self.registry.root_answer(accept=JSON_V1, fresh=fresh))
        return _json_root(answer)

    @property
    def page_url(self) -> str:
        """The URL of the project's page, or the one on the target's host that it redirects to."""
        answer = self.registry.project_answer(
            self.project, accept=next(iter(self.media_types.values()), None)
        )
        is_ours = self.registry.target.same_host(answer.url)
        return answer.url if is_ours else self.registry.project_url(self.project)

    def pages(
        self, name: str | None = None, *, fresh: bool = False, exact: bool = False
    ) -> list[ProjectPage]:
        """Return a project's page in each form that is offered, HTML first; with `exact` under no other name."""
        return [page for _, page in self.answered_pages(name, fresh=fresh, exact=exact)]

    def answered_pages(
        self, name: str | None = None, *, fresh: bool = False, exact: bool = False
    ) -> list[tuple[Answer, ProjectPage]]:
        """Return a project's page in each form that is offered, HTML first, each with its answer."""

        def page(form: str) -> tuple[Answer, ProjectPage]:
            reading = (self.html if form == "html" else self.json)(name, fresh=fresh, exact=exact)
            return reading.answer, reading.page

        return self.registry.read_each(page, self.media_types)

    def files(self, name: str | None = None) -> tuple[FileLink, ...]:
        """Return the files of a project's page, from the last form that is offered. Raises Untestable for none."""
        files = pages[-1].files if (pages := self.pages(name)) else ()
        if not files:
            raise Untestable(
                f"the page of {name or self.project} lists no file that this check could look at"
            )
        return files

    def roots(self, *, fresh: bool = False) -> list[RootPage]:
        """Return the list of projects in each form that is offered, HTML first."""
        return [root for _, root in self.answered_roots(fresh=fresh)]

    def answered_roots(self, *, fresh: bool = False) -> list[tuple[Answer, RootPage]]:
        """Return the list of projects in each form that is offered, HTML first, each with its answer."""
        if not self.offer.has("project-list"):
            return []

        def root(form: str) -> tuple[Answer, RootPage]:
            reading = (self.html_root if form == "html" else self.json_root)(fresh=fresh)
            return reading.answer, reading.page

        return self.registry.read_each(root, self.media_types)

    def _answer(self, name: str | None, accept: str, *, fresh: bool, exact: bool) -> Answer:
        return self.registry.project_answer(name or self.project, accept=accept, fresh=fresh, exact=exact)

    @staticmethod
    def _ok(answer: Answer) -> Answer:
        if answer.status != 200:
            raise Deviation(
                expected="the page to be served (200)", found=f"status {answer.status}", where=str(answer)
            )
        return answer


def _html_project(answer: Answer) -> Reading[ProjectPage, HtmlDocument]:
    page = read_project_page(answer.text, url=answer.url, where=str(answer))
    document = read_html(answer.text)
    return Reading(answer, _whole(document, answer, is_cut=len(document.anchors) > MOST_LINKS), page)


def _json_project(answer: Answer) -> Reading[ProjectPage, JsonDocument]:
    page = read_project_json(answer.content, url=answer.url, where=str(answer))
    return Reading(answer, _whole(read_json(answer.content), answer), page)


def _html_root(answer: Answer) -> Reading[RootPage, HtmlDocument]:
    page = read_root_page(answer.text, url=answer.url, where=str(answer))
    return Reading(answer, _whole(read_html(answer.text), answer), page)


def _json_root(answer: Answer) -> Reading[RootPage, JsonDocument]:
    page = read_root_json(answer.content, where=str(answer))
    return Reading(answer, _whole(read_json(answer.content), answer), page)


def _whole(document: Document, answer: Answer, *, is_cut: bool = False) -> Document:
    """Return a document that was read whole. Raises Untestable for one with more than is read."""
    if document.is_cut or is_cut:
        raise Untestable(f"{answer} is a page with more links or values than a run can judge")
    return document
