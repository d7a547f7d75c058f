"""The page that an answer holds, in the form that the answer says it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.pages import JSON_V1, read_project_json, read_project_page, read_root_json, read_root_page

if TYPE_CHECKING:
    from conformance.pages import ProjectPage, RootPage
    from conformance.wire import Answer


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
