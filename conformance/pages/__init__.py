"""Answers parsed into one model."""

from conformance.pages.anchor import Anchor
from conformance.pages.html import HtmlDocument, read_html, read_project_page, read_root_page
from conformance.pages.json_form import (
    JsonDocument,
    plain_json,
    read_json,
    read_project_json,
    read_root_json,
    without_private,
)
from conformance.pages.links import resolved
from conformance.pages.model import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    FileLink,
    ProjectLink,
    ProjectPage,
    RootPage,
)

__all__ = [
    "HTML_V1",
    "JSON_V1",
    "TEXT_HTML",
    "Anchor",
    "FileLink",
    "HtmlDocument",
    "JsonDocument",
    "ProjectLink",
    "ProjectPage",
    "RootPage",
    "plain_json",
    "read_html",
    "read_json",
    "read_project_json",
    "read_project_page",
    "read_root_json",
    "read_root_page",
    "resolved",
    "without_private",
]
