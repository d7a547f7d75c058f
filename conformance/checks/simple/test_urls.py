"""The URLs of pages, and where other spellings of them lead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import page_in, root_in
from conformance.kit.uploads.publishing import fetch
from conformance.pages import JSON_V1, TEXT_HTML, resolved
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.checks.simple.downloads import Downloads
    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer


@check("simple.url.project-normalized")
def test_project_normalized(registry: RegistryClient, index: Index) -> None:
    def elsewhere(name: str) -> Iterable[str]:
        answers = [
            registry.project_answer(name, accept=each, exact=True) for each in index.media_types.values()
        ]
        return [str(each) for each in answers if each.status != 200 or not _is_spelled(name, each.url)]

    expect.rule_on_each(
        index.projects, "every project to be served under its normalized name", broken_by=elsewhere
    )


@check("simple.url.variants-same-project")
def test_variants_same_project(registry: RegistryClient, index: Index, respelled: list[Answer]) -> None:
    here = path(registry.project_url(index.project))
    accept = next(iter(index.media_types.values()))
    files = index.pages()[0].filenames
    ends = path(registry.project_answer(index.project, accept=accept).url)

    def leads_to_same(target: str) -> bool:
        """Tell whether the page is there, too: behind its URL without a slash, or where the right name leads."""
        answer = fetch(registry, target, accept=accept)
        is_there = path(target) == here.removesuffix("/") or (
            path(answer.url) == ends and _is_spelled(index.project, answer.url)
        )
        return is_there and answer.status == 200 and page_in(answer).filenames == files

    def amiss(answer: Answer) -> bool:
        target = redirected_to(answer)
        if registry.is_sent_elsewhere(answer):
            return False  # as an unknown project is
        if target is not None:
            return path(target) != here and not leads_to_same(target)
        return answer.status not in {200, 404, 410} or (
            answer.status == 200 and page_in(answer).filenames != files
        )

    wrong = [
        f"{each} to {redirected_to(each)}" if redirected_to(each) else str(each)
        for each in respelled
        if amiss(each)
    ]
    expect.rule(
        "every other spelling of a name to lead to the same project or to a 404", broken_by=wrong, where=here
    )


@check("simple.url.trailing-slash")
def test_trailing_slash(index: Index, slashless: list[Answer]) -> None:
    answers = [*slashless, *linked_without_slash(index, but={each.url for each in slashless})]
    pages = [each for each in answers if each.status == 200 and each.content_type.endswith("html")]
    expect.rule(
        "a URL without its trailing slash to be answered with anything but a page",
        broken_by=[each.url for each in pages],
        where="; ".join(map(str, pages)),
    )


def linked_without_slash(index: Index, *, but: Collection[str]) -> list[Answer]:
    """Return the answers for links of the root whose path does not end with a slash, such as `demo/index.html`.

    Of the projects that the run knows, `but` for URLs that were asked for; a link may redirect to the URL with the
    slash, and lead to another host.
    """
    root = index.registry.root_answer(accept=TEXT_HTML) if index.offer.has("project-list") else None
    if root is None or root.status != 200 or not root.content_type.endswith("html"):
        return []  # simple.root.served is about that
    urls = dict.fromkeys(
        project.url
        for project in root_in(root).projects
        if canonicalize_name(project.name) in index.projects
        and project.url
        and index.registry.target.same_host(project.url)
        and not urlsplit(project.url).path.endswith("/")
        and project.url not in but
    )
    return [index.registry.request("GET", url, headers={"Accept": TEXT_HTML}) for url in urls]


@check("simple.url.redirect-adds-slash")
def test_redirect_adds_slash(slashless: list[Answer]) -> None:
    def to(answer: Answer) -> str:
        return f"{answer.status} {redirected_to(answer) or ''}".strip()

    def elsewhere(answer: Answer) -> Iterable[str]:
        return [] if path(redirected_to(answer) or "") == path(f"{answer.url}/") else [to(answer)]

    expect.rule_on_each(
        slashless,
        "every URL without its trailing slash to be redirected to the URL with it",
        broken_by=elsewhere,
    )


@check("simple.url.redirect-keeps-origin")
def test_redirect_keeps_origin(
    registry: RegistryClient, slashless: list[Answer], respelled: list[Answer]
) -> None:
    redirects = [
        (each, target)
        for each in [*slashless, *respelled]
        if (target := redirected_to(each)) and not registry.is_sent_elsewhere(each)
    ]
    if not redirects:
        raise NotApplicable("the registry redirects neither URLs without their slash nor other spellings")
    base = registry.target.index_url.removesuffix("/")
    expect.rule(
        f"every redirect to stay below {base}",
        broken_by=[target for _, target in redirects if not target.startswith(base)],
        where="; ".join(str(each) for each, target in redirects if not target.startswith(base)),
    )


@check("simple.url.redirect-keeps-query")
def test_redirect_keeps_query(registry: RegistryClient, index: Index) -> None:
    query = f"format={quote(JSON_V1, safe='')}"
    answer = registry.request("GET", f"{registry.project_url(index.project).removesuffix('/')}?{query}")
    target = redirected_to(answer)
    if target is None:
        raise NotApplicable("the registry does not redirect a URL without its slash")
    expect.equal(
        parse_qsl(urlsplit(target).query), parse_qsl(query), of="the query of the redirect", where=answer
    )


@check("simple.url.relative-or-absolute")
def test_relative_or_absolute(index: Index, slashless: list[Answer], respelled: list[Answer]) -> None:
    wanted = {file.url for page in index.pages() for file in page.files}

    def astray(answer: Answer) -> Iterable[str]:
        return [file.url for file in page_in(answer).files if file.url not in wanted]

    pages = [each for each in [slashless[0], *respelled] if each.status == 200]
    expect.rule_on_each(pages, "every spelling of the page's URL to lead to the same links", broken_by=astray)


@check("simple.url.percent-encoding")
def test_percent_encoding(index: Index, downloads: Downloads) -> None:
    pages = [page for name in index.projects for page in index.pages(name)]
    special = {file.filename for page in pages for file in page.files if re.search("[+!]", file.filename)}
    if not special:
        raise NotApplicable("no file name contains + or !")
    chosen = max(sorted(special), key=lambda filename: len({*filename} & {*"+!"}))
    emitted = {file.url for page in pages for file in page.files if file.filename == chosen}
    answers = [downloads(url) for url in sorted(emitted | {quoted(url) for url in emitted})]
    missing = [each for each in answers if each.status != 200]
    expect.rule(
        "the file to be served under every encoding of its URL",
        broken_by=[str(each) for each in missing],
        where=pages[0].where,
    )
    others = [each for each in answers if each.content != answers[0].content]
    expect.rule(
        "the same file under every encoding of its URL",
        broken_by=[str(each) for each in others],
        where=answers[0],
    )


def _is_spelled(name: str, url: str) -> bool:
    """Tell whether a URL has a name as it is; where else a redirect may lead is the registry's choice."""
    return name in path(url).split("/")


def path(url: str) -> str:
    """Return the decoded path of a URL."""
    return unquote(urlsplit(url).path)


def quoted(url: str) -> str:
    """Return a file's URL as pip asks for it: whatever can be percent-encoded in the file's name is."""
    parts = urlsplit(url)
    folder, _, filename = parts.path.rpartition("/")
    return parts._replace(path=f"{folder}/{quote(unquote(filename), safe='')}").geturl()


def redirected_to(answer: Answer) -> str | None:
    """Return the absolute URL that a redirect leads to; None where the answer is none."""
    location = answer.headers.get("Location")
    return resolved(answer.url, location) if answer.is_redirect and location else None
