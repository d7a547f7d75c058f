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


@check("simple.html.root.one-anchor-per-project")
def test_one_anchor_per_project(index: Index) -> None:
    root = index.html_root()
    spellings = defaultdict(list)
    for name in root.page.names:
        spellings[canonicalize_name(name)].append(name)
    twice = [" and ".join(names) for names in spellings.values() if len(names) > 1]
    expect.rule("every project to be listed once", broken_by=twice, where=root)


@check("simple.html.root.anchor-text")
def test_anchor_text(index: Index) -> None:
    root = index.html_root()
    expect.rule(
        "the text of every anchor to be the name of the project that it leads to",
        broken_by=[
            f"{project.name!r} for {project.raw.get('href')}"
            for project in root.page.projects
            if canonicalize_name(project.name) != canonicalize_name(last_segment(project.url or ""))
        ],
        where=root,
    )


@check("simple.html.root.href")
def test_href(registry: RegistryClient, index: Index) -> None:
    root = index.html_root()

    def led_to(name: str, url: str) -> Answer:
        if url == registry.project_url(name):
            return registry.project_answer(name)
        return registry.request("GET", url, headers={"Accept": TEXT_HTML}, follow=Follow.SAME_HOST)

    expect.rule(
        "every href to lead to the page of its project",
        broken_by=[
            f"{project.raw.get('href')} ({answer})"
            for project in root.page.projects
            if (name := canonicalize_name(project.name)) in index.projects
            and not is_page(answer := led_to(name, project.url or ""), index.html(name).page.filenames)
        ],
        where=root,
    )


def last_segment(url: str) -> str:
    """Return the decoded last segment of a URL's path, its trailing slash left out."""
    return unquote(urlsplit(url).path.removesuffix("/").rpartition("/")[2])


def is_page(answer: Answer, filenames: frozenset[str]) -> bool:
    """Tell whether an answer is a project page with these files."""
    return answer.status == 200 and page_in(answer).filenames == filenames
