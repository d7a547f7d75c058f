"""Lists of GitLab's own API: their pages, their order, and what they are asked with."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from conformance.checks.gitlab.lists import lists_of_packages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import objects
from conformance.kit.uploads.publishing import publish
from conformance.pages import resolved
from conformance.verdicts import Deviation
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.fixtures import Corpus, GitLab, NewName, RegistryClient
    from conformance.kit.http import Answer

USUAL, MOST = 20, 100
"""Items of a page without `per_page`, and the most that it may have."""

_PARAMETER = r'\s*;\s*[\w!*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?'
LINK = re.compile(rf"\s*<([^>]*)>((?:{_PARAMETER})*)\s*(?:,|$)")
RELATION = re.compile(r';\s*rel\s*=\s*"?([\w-]+)', re.IGNORECASE)
"""Source: RFC 8288, 3."""
BETWEEN_PAGES = frozenset({"first", "prev", "next", "last"})
"""The relations that GitLab documents for lists of several pages; proxies add others."""

INVALID = {
    "package_type": "no-type",
    "order_by": "no-field",
    "sort": "sideways",
    "page": "first",
    "per_page": "many",
}


@check("gitlab.rest.page-headers")
def test_page_headers(registry: RegistryClient, gitlab: GitLab, corpus: Corpus) -> None:
    """Of a project with two versions."""
    name = corpus["picky-old"].name
    wanted = {
        (1, 1): {"Page": 1, "Per-Page": 1, "Prev-Page": "", "Next-Page": 2, "Total": 2, "Total-Pages": 2},
        (2, 1): {"Page": 2, "Per-Page": 1, "Prev-Page": 1, "Next-Page": "", "Total": 2, "Total-Pages": 2},
        (1, MOST + 1): {"Page": 1, "Per-Page": MOST, "Next-Page": "", "Total": 2, "Total-Pages": 1},
    }

    def listed(of: tuple[GitLab, tuple[int, int]]) -> Answer:
        owner, (page, per_page) = of
        return owner.call("GET", "/packages", {"package_name": name, "page": page, "per_page": per_page})

    lists = lists_of_packages(gitlab)
    pages = [*product(lists, wanted)]
    for (_, (page, per_page)), answer in zip(pages, registry.read_each(listed, pages), strict=True):
        fields = wanted[page, per_page]
        objects(answer)
        _states(answer, fields)
        if per_page == 1:
            beside = {"next": "2"} if page == 1 else {"prev": "1"}
            expect.equal(
                _linked_pages(answer),
                beside | {"first": "1", "last": "2"},
                of="the pages in Link",
                where=answer,
            )
    for owner in lists:
        answer = owner.call("GET", "/packages", {"package_name": name})
        objects(answer)
        _states(answer, {"Page": 1, "Per-Page": USUAL})


def _states(answer: Answer, fields: Mapping[str, object]) -> None:
    wanted = {f"X-{name}": str(value) for name, value in fields.items()}
    found = {name: answer.headers.get(name, "") for name in wanted}
    expect.equal(found, wanted, of="the header fields of the page", where=answer)


def _linked_pages(answer: Answer) -> dict[str, str]:
    """Return the page that each relation between pages in Link leads to.

    Raises Deviation for a field that is none of links, and for a link that leads to no page of this list.
    """
    rest, found = answer.headers.get("Link", ""), {}
    while rest.strip():
        link = LINK.match(rest)
        if link is None:
            raise Deviation(
                expected="links and their parameters in Link, as RFC 8288 writes them",
                found=rest[:100],
                where=str(answer),
            )
        url, parameters = link.groups()
        for relation in BETWEEN_PAGES.intersection(RELATION.findall(parameters)[:1]):
            if not _leads_to_list(resolved(answer.url, url), answer.url):
                raise Deviation(
                    expected="links in Link to pages of the same list", found=url, where=str(answer)
                )
            found[relation] = parse_qs(urlsplit(url).query).get("page", ["no page"])[0]
        rest = rest[link.end() :]
    return found


def _leads_to_list(link: str, url: str) -> bool:
    """Tell whether a link is a URL of HTTP with the path of a list, and asks for it alike but for the page.

    Paths may be escaped in another way, and proxies add and remove what stands before the API.
    """
    one, other = urlsplit(link), urlsplit(url)
    asked, wanted = parse_qs(one.query), parse_qs(other.query)
    alike = all(asked.get(name) == value for name, value in wanted.items() if name != "page")
    return one.scheme in {"http", "https"} and _in_api(one.path) == _in_api(other.path) and alike


def _in_api(path: str) -> str:
    """Return the part of a path that is below GitLab's API, without escapes; all of it where it is elsewhere."""
    return unquote(path).rpartition("/api/v4/")[2]


@check("gitlab.rest.order")
def test_order(registry: RegistryClient, gitlab: GitLab, new_name: NewName) -> None:
    """Of three packages that are in another order by time, by version and by name; by type they are equal."""
    name = new_name("order")
    for letter, version in (("b", "2.0"), ("c", "1.0"), ("a", "3.0")):
        publish(registry, wheel(f"{name}-{letter}", version))
        registry.project_page(f"{name}-{letter}")  # the query names none of the three, and waits for none
    ascending = {
        "created_at": ["2.0", "1.0", "3.0"],
        "version": ["1.0", "2.0", "3.0"],
        "name": ["3.0", "2.0", "1.0"],
    }

    def listed(by: tuple[GitLab, str, str]) -> Answer:
        owner, order, sort = by
        query: dict[str, str | int] = {
            "package_name": name,
            "order_by": order,
            "sort": sort,
            "per_page": MOST,
        }
        return owner.call("GET", "/packages", query)

    lists = lists_of_packages(gitlab)
    ways = [*product(lists, ascending, ("asc", "desc"))]
    for (_, order, sort), answer in zip(ways, registry.read_each(listed, ways), strict=True):
        wanted = ascending[order]
        found = [row.get("version") for row in objects(answer) if str(row.get("name")).startswith(name)]
        expect.equal(
            found,
            wanted if sort == "asc" else wanted[::-1],
            of=f"the versions by {order}, {sort}",
            where=answer,
        )
    for owner in lists:
        objects(owner.call("GET", "/packages", {"package_name": name, "order_by": "type"}))


@check("gitlab.rest.invalid-parameters")
def test_invalid_parameters(registry: RegistryClient, gitlab: GitLab, corpus: Corpus) -> None:
    valid: dict[str, str | int] = {"package_name": corpus["picky-old"].name, "package_type": "pypi"}

    def listed(by: tuple[GitLab, tuple[str, str]]) -> Answer:
        owner, (name, value) = by
        return owner.call("GET", "/packages", {**valid, name: value})

    for owner in (lists := lists_of_packages(gitlab)):
        objects(owner.call("GET", "/packages", valid))
    ways = [*product(lists, INVALID.items())]
    broken = [
        f"{name}={value}: status {answer.status}"
        for (_, (name, value)), answer in zip(ways, registry.read_each(listed, ways), strict=True)
        if answer.status != 400
    ]
    expect.rule(
        "400 for every parameter with an invalid value",
        broken_by=[*dict.fromkeys(broken)],
        where="GET /packages",
    )
