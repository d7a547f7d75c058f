"""The names of projects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from conformance.checks.simple.own_names import is_made_up
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from conformance.pages import RootPage
from conformance.verdicts import Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from conformance.pages import ProjectPage
    from reference_server.distributions import Distribution

OTHER_NAMES = (
    lambda name: f"{name[:-2]}%",
    lambda name: f"{name[:-1]}_",
    lambda name: name[:-1],
    lambda name: f"{name[:-1]}\u00eb",
    lambda name: f"{name} ",
    lambda name: f"{name}\n",
    lambda name: f"-{name}",
    lambda name: f"{name}-",
)
"""How to make, from a name that ends with `e`, a name of no project; each may find it where lookups are lenient."""

LONGER = ("-more", "s")
"""What names of other projects have at their end besides."""

VALID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@check("simple.name.valid-charset")
def test_valid_charset(index: Index, corpus: Corpus) -> None:
    def invalid(page: ProjectPage | RootPage) -> Iterable[str]:
        names = page.names if isinstance(page, RootPage) else [page.name or "a"]
        return [ascii(name) for name in names if not VALID.fullmatch(name) and not is_made_up(name, corpus)]

    pages: list[ProjectPage | RootPage] = [*index.roots()]
    pages += [page for name in index.projects for page in index.pages(name)]
    expect.rule_on_each(pages, "every name of a project to be valid", broken_by=invalid)


@check("simple.name.normalization")
def test_normalization(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    distribution = wheel(new_name("Ab.-_Cd"), "1.0")
    publish(registry, distribution)
    for page in index.pages(canonicalize_name(distribution.name), exact=True):
        expect.listed(page, [distribution.filename])
    older = as_older_tools_name_it(new_name("Older"))
    if registry.upload(older).is_success:
        for page in index.pages(canonicalize_name(older.name), exact=True):
            expect.listed(page, [_as_listed(older.filename, page)])


def _as_listed(filename: str, page: ProjectPage) -> str:
    """Return the spelling in which a page lists a file: a registry may give an sdist its normalized name (PEP 625)."""
    spellings = (each for each in page.filenames if canonicalize_name(each) == canonicalize_name(filename))
    return next(spellings, filename)


def as_older_tools_name_it(name: str) -> Distribution:
    """Return an sdist with dots in its file name, as setuptools wrote it before 69.3; a registry may refuse it."""
    dotted = name.replace("-", ".")
    return sdist(dotted, "1.0", filename=f"{dotted}-1.0.tar.gz")


@check("simple.name.other-name")
def test_other_name(registry: RegistryClient, new_name: NewName) -> None:
    """Redirects and refusals are fine, whatever their status: what counts is that no file is offered."""
    distribution = wheel(new_name("name"), "1.0")
    longer = [wheel(f"{distribution.name}{more}", "1.0") for more in LONGER]
    publish(registry, distribution, *longer)
    for each in (distribution, *longer):
        if each.filename not in registry.project_page(each.name).filenames:
            raise Untestable(
                f"the page of a new project lacks its file: {registry.project_answer(each.name)}"
            )
    right = registry.project_answer(distribution.name, fresh=True)
    accept = right.exchange.request_headers["Accept"]
    answers = [
        registry.request("GET", registry.project_url(changed(distribution.name)), headers={"Accept": accept})
        for changed in OTHER_NAMES
    ]
    found = [each for each in answers if each.status == 200 and _offers(each, distribution.filename)]
    expect.rule(
        "a page to list no file of a project with a longer name",
        broken_by=[each.filename for each in longer if _offers(right, each.filename)],
        where=right,
    )
    expect.rule(
        f"a name that is no spelling of {distribution.name} to lead to none of its files",
        broken_by=[unquote(each.url.removeprefix(registry.target.index_url)) for each in found],
        where=expect.requests(found or [right]),
    )


def _offers(answer: Answer, filename: str) -> bool:
    return filename in answer.text and filename in page_in(answer).filenames
