"""Where an index lists a project: under its normalized name, or where else it is found."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conformance.pages import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    read_json,
    read_project_json,
    read_project_page,
)
from conformance.target.answered_pages import root_in
from conformance.wire import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.pages import ProjectPage
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer
    from reference_server.distributions import Distribution

_HTML = re.compile(r"\ufeff?\s*<(!doctype\s+html|html|head|body|a)\b", re.IGNORECASE)
_KEYS = frozenset({"meta", "files", "projects"})


def is_listed(registry: RegistryClient, distribution: Distribution) -> bool:
    """Tell whether a distribution is named on the page of its project, wherever that is and in whatever form."""
    registry.forget_pages(distribution.name)
    return any(
        answer.status == 200 and distribution.filename in answer.text
        for spelling in chain(_spellings(registry, distribution.name), [distribution.name])
        for answer in _answers(registry, spelling)
    )


def spelling_of(registry: RegistryClient, project: str) -> str:
    """Return the name under which an index has a project's page: the normalized one, unless another is found.

    A registry that spells it otherwise is wrong; what it offers can be seen there all the same.
    """
    return next((each for each in _spellings(registry, project) if pages_of(registry, each)), project)


def _spellings(registry: RegistryClient, project: str) -> Iterator[str]:
    """Return the names that the page may have, the right one first; the root page is read for the others."""
    name = canonicalize_name(project)
    yield name
    try:
        root = registry.root_answer()
    except BadAnswer:  # a finding of the checks that ask for it
        return
    if root.status != 200:
        return
    for link in root_in(root).projects:
        if canonicalize_name(link.name) == name:
            yield link.name
            yield unquote(urlsplit(link.url or "").path.rstrip("/").rpartition("/")[2])


def pages_of(registry: RegistryClient, spelling: str) -> dict[str, ProjectPage]:
    """Return the pages of a project by their form, under a name spelled exactly so; none that cannot be read."""
    pages: dict[str, ProjectPage] = {}
    with suppress(BadAnswer):
        html = registry.project_answer(spelling, accept=TEXT_HTML)
        if html.status == 200 and is_html(html):
            pages["html"] = read_project_page(html.text, url=html.url, where=str(html))
    with suppress(BadAnswer):
        json = registry.project_answer(spelling, accept=JSON_V1)
        if json.status == 200 and is_json(json):
            pages["json"] = read_project_json(json.content, url=json.url, where=str(json))
    return pages


def _answers(registry: RegistryClient, spelling: str) -> Iterator[Answer]:
    """Return the answers for a project's page in HTML and in JSON."""
    yield registry.project_answer(spelling, accept=TEXT_HTML)
    yield registry.project_answer(spelling, accept=JSON_V1)


def is_html(answer: Answer) -> bool:
    """Tell whether an answer is a page in HTML: a type that is missing or wrong hides no page."""
    typed = answer.content_type in {TEXT_HTML, HTML_V1}
    return typed or (answer.content_type != JSON_V1 and _HTML.match(answer.text) is not None)


def is_json(answer: Answer) -> bool:
    """Tell whether an answer is a page in JSON, whatever its type says."""
    return answer.content_type == JSON_V1 or not _KEYS.isdisjoint(read_json(answer.content).object)
