"""Publishing and fetching what a check reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.target import ANONYMOUS, DEFAULT
from conformance.verdicts import Untestable
from conformance.wire import Follow, Unreachable

if TYPE_CHECKING:
    from conformance.pages import FileLink, ProjectPage
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution


def publish(registry: RegistryClient, *distributions: Distribution) -> None:
    """Publish distributions that checks look at, those of one project one after the other.

    Raises Untestable when one is refused.
    """
    apart = {canonicalize_name(each.name) for each in distributions}
    if len(apart) == len(distributions):
        answers = registry.for_each(registry.upload, distributions)
    else:
        answers = [registry.upload(distribution) for distribution in distributions]
    for distribution, answer in zip(distributions, answers, strict=True):
        if not answer.is_success:
            raise Untestable(
                f"{distribution.filename}, which this check reads, was refused: "
                f"{answer.status} {answer.excerpt(120)}; see the checks of uploads"
            )


def is_taken(registry: RegistryClient, distribution: Distribution) -> bool:
    """Upload a distribution that a registry may refuse, and tell whether it was accepted.

    Raises Untestable for an answer that is neither.
    """
    answer = registry.upload(distribution)
    if not answer.is_success and not answer.is_client_error:
        raise Untestable(f"{distribution.filename} is neither taken nor refused: {answer}")
    return answer.is_success


def link(page: ProjectPage, distribution: Distribution) -> FileLink:
    """Return the link to a file that was published. Raises Untestable when the page has none."""
    found = page.file(distribution.filename)
    if found is None:
        raise Untestable(f"{distribution.filename}, which this check reads, is not listed: {page.where}")
    return found


def fetch(registry: RegistryClient, url: str, *, accept: str = "*/*", encoding: str = "identity") -> Answer:
    """Fetch what a page links to. The credential stays on the target's host.

    Raises Untestable if the link leads to another host that does not answer: the checks of links are about that.
    """
    ours = registry.target.same_host(url)
    try:
        return registry.request(
            "GET",
            url,
            as_=DEFAULT if ours else ANONYMOUS,
            headers={"Accept": accept, "Accept-Encoding": encoding},
            follow=Follow.ANY_HOST,
        )
    except Unreachable as error:
        if ours:
            raise
        raise Untestable(f"a link that this check follows leads nowhere: {error}") from error
