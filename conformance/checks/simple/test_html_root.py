"""The list of projects in HTML."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.registry import page_in
from conformance.pages import TEXT_HTML

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import ProjectLink


@check("simple.html.root.one-anchor-per-project")
def test_one_anchor_per_project(index: Index) -> None:
    root = index.html_root()
    spellings = defaultdict(list)
    for name in root.page.names:
        spellings[canonicalize_name(name)].append(name)
    twice = [" and ".join(names) for names in spellings.values() if len(names) > 1]
    expect.rule("every project to be listed once", broken_by=twice, where=root)


@check("simple.html.root.anchor-text")
def test_anchor_text(registry: RegistryClient, index: Index) -> None:
    """The last segment of a URL names its project; where it does not, as `name/index.html`, the page tells."""
    root = index.html_root()

    def is_named(project: ProjectLink) -> bool:
        name, url = canonicalize_name(project.name), project.url or ""
        if name == canonicalize_name(last_segment(url)):
            return True
        return name in index.projects and elsewhere(name, url, registry, index) is None

    expect.rule(
        "the text of every anchor to be the name of the project that it leads to",
        broken_by=[
            f"{project.name!r} for {project.raw.get('href')}"
            for project in root.page.projects
            if not is_named(project)
        ],
        where=root,
    )


@check("simple.html.root.href")
def test_href(registry: RegistryClient, index: Index) -> None:
    root = index.html_root()
    expect.rule(
        "every href to lead to the page of its project",
        broken_by=[
            f"{project.raw.get('href')} ({answer})"
            for project in root.page.projects
            if (name := canonicalize_name(project.name)) in index.projects
            and (answer := elsewhere(name, project.url or "", registry, index)) is not None
        ],
        where=root,
    )


def last_segment(url: str) -> str:
    """Return the decoded last segment of a URL's path, its trailing slash left out."""
    return unquote(urlsplit(url).path.removesuffix("/").rpartition("/")[2])


def elsewhere(name: str, url: str, registry: RegistryClient, index: Index) -> Answer | None:
    """Return the answer of a URL that does not lead to the page of a project; None for one that does."""
    if url == registry.project_url(name):
        answer = registry.project_answer(name)
    else:
        answer = registry.request("GET", url, headers={"Accept": TEXT_HTML}, follow=Follow.SAME_HOST)
    is_page = answer.status == 200 and page_in(answer).filenames == index.html(name).page.filenames
    return None if is_page else answer
