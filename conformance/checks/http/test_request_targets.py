"""Requests for a page that say in another way what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.checks.http.page_readings import accept_of, readings
from conformance.kit.check import check
from conformance.kit.plain_reads import bound_by_http_1_1, read_plainly, shows_page, without_passing_errors
from conformance.verdicts import Deviation, Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.kit.uploads.raw_uploads import Reaction

USUAL = "a usual request over a plain socket"


@dataclass(frozen=True, kw_only=True)
class _Page:
    """A project's page, read byte by byte: its URL, the form, and the files that it lists."""

    index: Index
    url: str
    accept: str
    filenames: frozenset[str]

    def read(self, what: str, *, target: str | None = None) -> Reaction:
        """Ask for the page, by default with its path."""
        accept = [("Accept", self.accept)]
        return read_plainly(self.index.registry, self.url, what=what, headers=accept, target=target)

    def is_shown_by(self, reaction: Reaction) -> bool:
        """Tell whether an answer is the page, or a redirect to it."""
        return shows_page(reaction.answer, self.url, self.filenames)


def _page(index: Index) -> _Page:
    """Return a page that a request over a plain socket gets, too: the twin of each request here.

    Raises Untestable where it does not.
    """
    reading = readings(index)[0]
    page = _Page(
        index=index,
        url=reading.answer.url,
        accept=accept_of(reading.answer),
        filenames=frozenset(reading.page.filenames),
    )
    twin = page.read(USUAL)
    if twin.answer is None or twin.answer.status != 200 or not page.is_shown_by(twin):
        raise Untestable(f"the page is not answered as before: {twin}")
    bound_by_http_1_1(twin)
    return page


@check("http.absolute-form")
def test_absolute_form(index: Index) -> None:
    page = _page(index)
    reaction = without_passing_errors(
        lambda: page.read("the whole URL in the request line", target=page.url), lambda: page.read(USUAL)
    )
    if not page.is_shown_by(reaction):
        answer = reaction.answer
        raise Deviation(
            expected=f"the page, as without {reaction.to}",
            found="another page" if answer and answer.status == 200 else _status_of(reaction),
            where=str(answer or page.url),
        )


def _status_of(reaction: Reaction) -> str:
    if reaction.answer is None:
        return f"no answer, and the connection {'stays open' if reaction.silent else 'was closed'}"
    return f"status {reaction.answer.status}"
