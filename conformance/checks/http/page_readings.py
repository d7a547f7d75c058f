"""A project's page in each form that is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.differences import written
from conformance.kit.registry import page_in
from conformance.verdicts import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.http import Answer
    from conformance.kit.index import Index, Reading
    from conformance.pages import HtmlDocument, JsonDocument, ProjectPage

    AnyReading = Reading[ProjectPage, HtmlDocument] | Reading[ProjectPage, JsonDocument]


def readings(index: Index, name: str | None = None) -> list[AnyReading]:
    """Return a project's page as it came, in each form that is offered, HTML first.

    Raises NotApplicable when there is none: the checks of content types say so.
    """
    if not index.offer.has("html|json"):
        raise NotApplicable("the registry offers no page in HTML or JSON")
    found: list[AnyReading] = [index.html(name)] if index.offer.has("html") else []
    return [*found, index.json(name)] if index.offer.has("json") else found


SAME_IN_304 = ("ETag", "Vary", "Cache-Control")
"""Header fields that a 304 has as the answer with the content has them. Source: RFC 9110, section 15.4.5."""


def fields_of_304(answer: Answer, whole: Answer) -> None:
    """Require that a 304 has the fields of the answer with the content.

    In a list, order and repeats do not count. A proxy that compresses the content makes its ETag a weak one, and
    leaves that of a 304 as it is. Source: RFC 9110, section 8.8.1.
    """
    for name in SAME_IN_304:
        wanted, found = whole.headers.get(name, ""), answer.headers.get(name, "")
        same = opaque(found) == opaque(wanted) if name == "ETag" else _members(found) == _members(wanted)
        if wanted and not same:
            expect.equal(found or None, wanted, of=f"{name} of the 304", where=answer)


def opaque(tag: str) -> str:
    """Return an entity tag without the mark of a weak one."""
    return tag.removeprefix("W/")


def _members(field: str) -> set[str]:
    return {member.strip().lower() for member in field.split(",")}


def length_of_304(answer: Answer, whole: Answer) -> None:
    """Require that a 304 states no other length than the answer with the content: caches keep what it says.

    Source: RFC 9110, section 8.6.
    """
    wanted, found = whole.headers.get("Content-Length"), answer.headers.get("Content-Length")
    if wanted is not None and found is not None:
        expect.equal(found, wanted, of="Content-Length of the 304", where=answer)


MOST_CHANGES = 3
"""How often a page is read again that changes between two requests for it."""


def steady(
    index: Index,
    page: Answer,
    ask: Callable[[Answer], Answer],
    *,
    right: Callable[[Answer, Answer], bool],
) -> tuple[Answer, Answer]:
    """Return a page as it is now, and the answer of `ask` to it; both from before the page changed again.

    Whether it changed has to be found out only where the answer is not `right` for the page.
    Validators may change with every upload to a registry, those of other processes included.
    """
    for _ in range(MOST_CHANGES):
        now = again(index, page)
        answer = ask(now)
        if "ETag" not in now.headers or right(now, answer):
            break
        if again(index, page).headers.get("ETag") == now.headers["ETag"]:
            break
    return now, answer


def again(index: Index, page: Answer) -> Answer:
    """Ask for a page once more, in the same form."""
    return index.registry.request("GET", page.url, headers={"Accept": accept_of(page)})


def content_of(answer: Answer) -> tuple[object, ...]:
    """Return what an answer says, whatever the order of its links and the bytes in which it is written."""
    if answer.status != 200:
        return answer.status, answer.content_type
    page = page_in(answer)
    links = sorted(
        written([file.filename, file.url, sorted(file.raw.items(), key=str)]) for file in page.files
    )
    return answer.status, answer.content_type, page.api_version, page.name, *links


def accept_of(answer: Answer) -> str:
    """Return the Accept header that a page was asked for with."""
    return answer.exchange.request_headers["Accept"]
