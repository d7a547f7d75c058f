"""Answers that a cache in front of the registry keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.kit.uploads.publishing import link, publish
from conformance.verdicts import NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

REFUSED = frozenset({401, 403})
UNKNOWN = "conformance=1"
"""A query that means nothing, and makes another URL for caches."""


@check("auth.read.kept-for-no-other")
def test_kept_for_no_other(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """Whether it is refused shows at a URL with a query, which no cache has an answer for.

    A file is left out where its URL has a query of its own, or another host: such a URL may be open to all.
    """
    file = wheel(new_name("kept-private"), "1.0")
    publish(registry, file)
    page = registry.project_page(file.name, fresh=True)
    types = (*index.media_types.values(),)
    urls = {registry.project_url(file.name): types}
    url = link(page, file).url
    if registry.target.same_host(url) and not urlsplit(url).query:
        urls[url] = types[:1]
    wanted = [(url, accept) for url, accepts in urls.items() for accept in accepts]
    refused = [(url, accept) for url, accept in wanted if _is_refused(registry, url, accept)]
    if not refused:
        raise NotApplicable("a new page is not refused without a credential")
    for url, accept in refused:
        _read(registry, url, accept, DEFAULT)
    answers = [_read(registry, url, accept, ANONYMOUS) for url, accept in refused]
    opened = [each for each in answers if each.status == 200 and _has(each, file)]
    expect.rule(
        "what is refused without a credential to be refused after another caller has read it",
        broken_by=[f"status {each.status} without a credential: {each}" for each in opened],
        where=expect.requests(opened or answers),
    )


def _is_refused(registry: RegistryClient, url: str, accept: str) -> bool:
    return _read(registry, f"{url}?{UNKNOWN}", accept, ANONYMOUS).status in REFUSED


def _read(registry: RegistryClient, url: str, accept: str, caller: str) -> Answer:
    return registry.request("GET", url, as_=caller, headers={"Accept": accept}, follow=Follow.SAME_HOST)


def _has(answer: Answer, file: Distribution) -> bool:
    """Tell whether this is the file, or a page that lists it: a page for people lists none."""
    return answer.content == file.content or file.filename in answer.text
