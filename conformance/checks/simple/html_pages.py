"""The HTML pages of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.index import Index, Reading
    from conformance.pages import HtmlDocument, ProjectPage, RootPage

    HtmlPage = Reading[ProjectPage, HtmlDocument] | Reading[RootPage, HtmlDocument]


def html_project_pages(index: Index) -> list[Reading[ProjectPage, HtmlDocument]]:
    """Return the HTML page of every project that the run looks at."""
    return [index.html(name) for name in index.projects]


def html_pages(index: Index) -> list[HtmlPage]:
    """Return every HTML page that the run looks at: the root, where there is one, and the projects'."""
    roots: list[HtmlPage] = [index.html_root()] if index.offer.has("project-list") else []
    return [*roots, *html_project_pages(index)]
