"""The names of projects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.simple.own_names import is_made_up
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from conformance.pages import RootPage
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient
    from conformance.pages import ProjectPage

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
    for page in index.pages(canonicalize_name(distribution.name)):
        expect.listed(page, [distribution.filename])
