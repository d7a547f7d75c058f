"""Requests for a page byte for byte: no HTTP library sends them as they are written here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from conformance.kit.uploads.raw_uploads import Reaction, reaction_on
from conformance.pages import resolved
from conformance.verdicts import NotApplicable, Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient
    from conformance.kit.uploads.raw_uploads import Headers

USUAL = (("Accept-Encoding", "identity"), ("User-Agent", "registry-conformance"), ("Connection", "close"))
"""Header fields of each request: there are registries that refuse one without User-Agent."""


def read_plainly(
    registry: RegistryClient, url: str, *, what: str, headers: Headers, target: str | None = None
) -> Reaction:
    """Ask for a page with these header fields besides one Host, by default with the path of its URL."""
    with registry.connect(url) as connection:
        connection.request("GET", target, headers=[*USUAL, *headers])
        return reaction_on(what, connection)


def bound_by_http_1_1(usual: Reaction) -> None:
    """Raise NotApplicable where the answer to a usual request is one of HTTP/1.0, which RFC 9112 does not bind.

    Source: RFC 9110, sections 2.5 and 6.2: a server answers in the highest minor version that it conforms to.
    """
    if usual.answer is not None and usual.answer.http_1_0:
        raise NotApplicable(f"the server answers as HTTP/1.0, and this is asked of HTTP/1.1: {usual.answer}")


def leads_to(answer: Answer, url: str) -> bool:
    """Tell whether an answer is a redirect to the path of this URL."""
    target = resolved(url, answer.headers.get("Location", ""))
    return answer.is_redirect and unquote(urlsplit(target).path) == unquote(urlsplit(url).path)


def shows_page(answer: Answer | None, url: str, filenames: Collection[str]) -> bool:
    """Tell whether an answer is a page that names these files, or a redirect to the URL of that page."""
    if answer is None:
        return False
    return leads_to(answer, url) or (
        answer.status == 200 and all(filename in answer.text for filename in filenames)
    )


def without_passing_errors(ask: Callable[[], Reaction], usual: Callable[[], Reaction]) -> Reaction:
    """Ask, and once more where the server returns an error, after a usual request.

    Raises Untestable where the usual request ends in an error, too, or the server is still busy (503).
    """
    found = ask()
    if not _is_error(found):
        return found
    if _is_error(twin := usual()):
        raise Untestable(f"the server returns an error to a usual request, too: {twin}")
    again = ask()
    if again.answer is not None and again.answer.status == 503:
        raise Untestable(f"the server is busy: {again}")
    return again


def _is_error(reaction: Reaction) -> bool:
    return reaction.answer is not None and reaction.answer.is_server_error
