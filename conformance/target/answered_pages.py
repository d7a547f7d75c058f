"""The page that an answer holds, in the form that the answer says it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.pages import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    read_json,
    read_project_json,
    read_project_page,
    read_root_json,
    read_root_page,
)

if TYPE_CHECKING:
    from conformance.pages import ProjectPage, RootPage
    from conformance.wire import Answer

_HTML = re.compile(r"\ufeff?\s*<(!doctype\s+html|html|head|body|a)\b", re.IGNORECASE)
_KEYS = frozenset({"meta", "files", "projects"})


def page_in(answer: Answer) -> ProjectPage:
    """Return the project page that an answer holds."""
    if answer.content_type == JSON_V1:
        return read_project_json(answer.content, url=answer.url, where=str(answer))
    return read_project_page(answer.text, url=answer.url, where=str(answer))


def root_in(answer: Answer) -> RootPage:
    """Return the root page that an answer holds."""
    if answer.content_type == JSON_V1:
        return read_root_json(answer.content, where=str(answer))
    return read_root_page(answer.text, url=answer.url, where=str(answer))


def is_html(answer: Answer) -> bool:
    """Tell whether an answer is a page in HTML: a type that is missing or wrong hides no page."""
    typed = answer.content_type in {TEXT_HTML, HTML_V1}
    return typed or (answer.content_type != JSON_V1 and _HTML.match(answer.text) is not None)


def is_json(answer: Answer) -> bool:
    """Tell whether an answer is a page in JSON, whatever its type says."""
    return answer.content_type == JSON_V1 or not _KEYS.isdisjoint(read_json(answer.content).object)
