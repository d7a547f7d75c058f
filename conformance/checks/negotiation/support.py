"""How the checks of negotiation ask for a page, and what they make of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from conformance.kit.http import Follow
from conformance.pages import HTML_V1, JSON_V1, TEXT_HTML, read_json
from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.kit.http import Answer
    from conformance.kit.index import Index

ANYTHING = "*/*"
LATEST_JSON = "application/vnd.pypi.simple.latest+json"
LATEST_HTML = "application/vnd.pypi.simple.latest+html"
UNSUPPORTED = ("image/png", "application/vnd.pypi.simple.v9+json")
FORMS: Mapping[str, str] = {JSON_V1: "json", HTML_V1: "html", TEXT_HTML: "html"}
"""What each media type is written in: the two of HTML are aliases of each other."""


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

    def afresh(
        self, headers: Mapping[str, str | None], *, method: str = "GET", format_: str | None = None
    ) -> Answer:
        """Send a request now; a header whose value is None is left out, `format_` is the query's, encoded."""
        url = self.index.registry.project_url(self.index.project)
        return self.index.registry.request(
            method,
            url if format_ is None else f"{url}?format={format_}",
            headers=cast("Mapping[str, str]", headers),
            follow=Follow.SAME_HOST,
        )

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """The media types that the index offers, by what it answers to each alone."""
        offer = self.index.offer
        html = [TEXT_HTML, HTML_V1] if form_of(self(HTML_V1)) == "html" else [TEXT_HTML]
        return (*([JSON_V1] if offer.has("json") else []), *(html if offer.has("html") else []))


def form_of(answer: Answer) -> str | None:
    """Return `json` or `html` when a page came, as its Content-Type has it; None for anything else."""
    return FORMS.get(answer.content_type) if answer.status == 200 else None


def forms_of(media_types: Iterable[str]) -> frozenset[str]:
    """Return what these media types are written in."""
    return frozenset(FORMS[media_type] for media_type in media_types)


def typed(answers: Iterable[Answer], *media_types: str) -> None:
    """Require that every answer is a page of one of these types."""
    wrong = [answer for answer in answers if answer.status != 200 or answer.content_type not in media_types]
    _deviating(wrong, expected="a page of type " + " or ".join(media_types))


def written_in(answers: Iterable[Answer], *forms: str) -> None:
    """Require that every answer is a page in one of these forms, `json` or `html`."""
    wrong = [answer for answer in answers if form_of(answer) not in forms]
    _deviating(wrong, expected="a page in " + " or ".join(sorted(forms)))


def truthful(answers: Iterable[Answer]) -> None:
    """Require that every page has one of the types of the simple API, and a body of that type."""
    wrong = [answer for answer in answers if answer.status == 200 and not _is_what_it_says(answer)]
    _deviating(wrong, expected=f"a page of type {' or '.join(FORMS)}, and a body of that type")


def no_server_error(answer: Answer) -> None:
    """Require that the server did not fail by itself."""
    if answer.is_server_error:
        _deviating([answer], expected="an answer that is no server error (below 500)")


def _is_what_it_says(answer: Answer) -> bool:
    form = form_of(answer)
    if form == "json":
        return isinstance(read_json(answer.content).data, dict)
    return form == "html" and answer.text.lstrip("\ufeff \t\r\n\f").startswith("<")


def _deviating(answers: list[Answer], *, expected: str) -> None:
    if answers:
        raise Deviation(
            expected=expected,
            found="\n".join(map(_told, answers)),
            where="\n".join(dict.fromkeys(map(str, answers))),
        )


def _told(answer: Answer) -> str:
    sent = answer.exchange.request_headers
    accept = f"Accept: {sent['Accept']}" if "Accept" in sent else "no Accept"
    media_type = answer.headers.get("Content-Type", "no Content-Type")
    return f"status {answer.status}, {media_type}, {answer.excerpt(40)!r}… for {accept}"
