"""Requests for a page with any Accept header."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.checks.negotiation.forms import form_of
from conformance.kit.http import Follow
from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.http import Answer
    from conformance.kit.index import Index

ANYTHING = "*/*"


@dataclass(frozen=True)
class Ask:
    """Asks for the page of one project, once for each Accept header."""

    index: Index

    def __call__(self, accept: str) -> Answer:
        """Return the answer to this Accept header."""
        return self.index.registry.project_answer(self.index.project, accept=accept)

    def everywhere(self, accept: str) -> list[Answer]:
        """Return the answers of every project's page, and of the list of projects where there is one."""
        registry = self.index.registry
        answers = [registry.project_answer(name, accept=accept) for name in self.index.projects]
        listed = self.index.offer.has("project-list")
        return [*answers, registry.root_answer(accept=accept)] if listed else answers

    def negotiated_list(self) -> list[Answer]:
        """Return the list of projects in HTML and in JSON; none where it comes in one form or is not there."""
        if not self.index.offer.has("project-list"):
            return []
        answers = [self.index.registry.root_answer(accept=accept) for accept in (JSON_V1, TEXT_HTML)]
        forms = {form_of(answer) for answer in answers}
        return answers if forms >= {"html", "json"} else []

    def afresh(
        self, headers: Mapping[str, str | None], *, method: str = "GET", format_: str | None = None
    ) -> Answer:
        """Send a request now; a header whose value is None is left out, `format_` is the query's, encoded."""
        url = self.index.registry.project_url(self.index.project)
        return self.index.registry.request(
            method,
            url if format_ is None else f"{url}?format={format_}",
            headers=headers,
            follow=Follow.SAME_HOST,
        )

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """The media types that the index offers, by what it answers to each alone."""
        offer = self.index.offer
        html = [TEXT_HTML, HTML_V1] if form_of(self(HTML_V1)) == "html" else [TEXT_HTML]
        return (*([JSON_V1] if offer.has("json") else []), *(html if offer.has("html") else []))
