"""What an index has on the page of a project, in whatever form."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.pages import (
    JSON_V1,
    TEXT_HTML,
    read_project_json,
    read_project_page,
)
from conformance.target.answered_pages import is_html, is_json
from conformance.wire import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.pages import ProjectPage
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

MOST_ASKED = 3
"""How often something is asked for until its answer is no server error."""


def is_listed(registry: RegistryClient, distribution: Distribution) -> bool:
    """Tell whether a distribution is named on the page of its project, wherever that is and in whatever form."""
    registry.forget_pages(distribution.name)
    return any(
        answer.status == 200 and distribution.filename in answer.text
        for answer in _answers(registry, canonicalize_name(distribution.name))
    )


def pages_of(registry: RegistryClient, project: str) -> dict[str, ProjectPage]:
    """Return the pages of a project by their form; none that cannot be read.

    Where an index has it under another spelling than the normalized one, it is wrong, and what it offers is seen there.
    """
    pages: dict[str, ProjectPage] = {}
    with suppress(BadAnswer):
        html = steady(lambda: registry.project_answer(project, accept=TEXT_HTML))
        if html.status == 200 and is_html(html):
            pages["html"] = read_project_page(html.text, url=html.url, where=str(html))
    with suppress(BadAnswer):
        json = steady(lambda: registry.project_answer(project, accept=JSON_V1))
        if json.status == 200 and is_json(json):
            pages["json"] = read_project_json(json.content, url=json.url, where=str(json))
    return pages


def steady(ask: Callable[[], Answer]) -> Answer:
    """Return an answer, after a server error that of a later request: it may reach another server behind a balancer.

    What is decided for a whole run is not left to one answer. One with Retry-After was asked for often enough already.
    """
    for _ in range(MOST_ASKED - 1):
        if not (answer := ask()).is_server_error or "Retry-After" in answer.headers:
            return answer
    return ask()


def _answers(registry: RegistryClient, project: str) -> Iterator[Answer]:
    """Return the answers for a project's page in HTML and in JSON."""
    yield registry.project_answer(project, accept=TEXT_HTML)
    yield registry.project_answer(project, accept=JSON_V1)
