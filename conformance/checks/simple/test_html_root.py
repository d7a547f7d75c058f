"""The list of projects in HTML."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.checks.simple.own_names import is_made_up
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.project_lists import Copy, Look, lasting
from conformance.kit.project_names import OURS, listed_twice
from conformance.kit.registry import page_in
from conformance.pages import TEXT_HTML
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import ProjectLink


@check("simple.html.root.one-anchor-per-project")
def test_one_anchor_per_project(index: Index) -> None:
    root = index.html_root()
    expect.rule("every project to be listed once", broken_by=listed_twice(root.page.names), where=root)


@check("simple.html.root.anchor-text")
def test_anchor_text(registry: RegistryClient, index: Index, corpus: Corpus) -> None:
    """A link may lead to a document below the name. Of a URL of another form only the registry knows the name."""
    root = index.html_root()
    below = urlsplit(registry.target.index_url).path

    def misnamed(project: ProjectLink) -> bool:
        if project.url == f"{registry.target.index_url}{canonicalize_name(project.name)}/":
            return False
        path = urlsplit(project.url or "").path
        names = {canonicalize_name(unquote(part)) for part in path.removeprefix(below).split("/")}
        return path.startswith(below) and canonicalize_name(project.name) not in names

    expect.rule(
        "the text of every anchor to be the name of the project that it leads to",
        broken_by=[
            f"{project.name!r} for {project.raw.get('href')}"
            for project in root.page.projects
            if misnamed(project) and not is_made_up(project.name, corpus)
        ],
        where=root,
    )


@check("simple.html.root.href")
def test_href(registry: RegistryClient, index: Index, corpus: Corpus, new_name: NewName) -> None:
    """Of projects that the run does not know, the last one is asked for."""
    root = index.html_root()
    known = [
        (canonicalize_name(project.name), project)
        for project in root.page.projects
        if canonicalize_name(project.name) in index.projects
    ]
    if not known:
        raise Untestable(
            "no anchor of the root has the name of a project that this run knows; see simple.root.lists-uploads"
        )
    expect.rule(
        "every href to lead to the page of its project",
        broken_by=[
            f"{project.raw.get('href')} ({answer})"
            for name, project in known
            if not is_page(
                answer := _led_to(registry, name, project.url or ""), index.html(name).page.filenames
            )
        ],
        where=root,
    )
    if not index.registry.target.fallback:
        seen = lasting(partial(_look, index, corpus), index, new_name)
        expect.rule("every href to lead to the page of its project", broken_by=seen.wrong, where=seen.where)


def _led_to(registry: RegistryClient, name: str, url: str, *, fresh: bool = False) -> Answer:
    if url == registry.project_url(name):
        return registry.project_answer(name, fresh=fresh)
    return registry.request("GET", url, headers={"Accept": TEXT_HTML}, follow=Follow.SAME_HOST)


def _look(index: Index, corpus: Corpus) -> Look:
    """Find the last project that this suite did not publish, if its link leads nowhere.

    A project may be deleted between the two requests, and a list or a page be read from a cache.
    """
    root = index.html_root(fresh=True)
    here = Look(wrong=frozenset(), copies=(Copy(root.answer, root.page),), where=root)
    for project in reversed(root.page.projects):
        name = canonicalize_name(project.name)
        if name not in index.projects and OURS not in name and not is_made_up(project.name, corpus):
            answer = _led_to(index.registry, name, project.url or "", fresh=True)
            if answer.status not in {404, 410}:
                break
            return replace(here, wrong=frozenset({name}), where=f"{answer}, linked from {root}")
    return here


def is_page(answer: Answer, filenames: frozenset[str]) -> bool:
    """Tell whether an answer is a project page with these files."""
    return answer.status == 200 and page_in(answer).filenames == filenames
