"""Faults in how pages show a project's status."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_server.faults.building.rewritten_pages import ChangesJson
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage, RootPage

META = re.compile(rb'\s*<meta name="pypi:project-status" content="[^"]*">')


def with_status_in_json(page: ProjectPage, marker: Any) -> ProjectPage:
    """Replace `project-status` in JSON, if the page has a status."""
    return page if page.status is None else replace(page, keys={**page.keys, "project-status": marker})


class StatusInCapitals(Fault):
    """Capitalizes the status in HTML."""

    caught_by = ("status.html.value", "status.html-json-agree")

    def rendered(self, body: bytes) -> bytes:
        return re.sub(rb'(project-status" content=")(\w)', lambda m: m[1] + m[2].upper(), body)


class StatusNotInHtml(Fault):
    """Omits the status from HTML."""

    caught_by = ("status.html.emitted",)

    def rendered(self, body: bytes) -> bytes:
        return META.sub(b"", body)


class StatusNotInJson(ChangesJson):
    """Omits the status from JSON."""

    caught_by = ("status.json.emitted",)

    def change(self, document: dict[str, Any]) -> None:
        document.pop("project-status", None)


class StatusReasonEscapedTwice(Fault):
    """Escapes the reason of a status twice, so that readers see `&lt;`."""

    caught_by = ("status.html.reason",)

    def rendered(self, body: bytes) -> bytes:
        return re.sub(
            rb'(project-status-reason" content=")([^"]*)',
            lambda m: m[1] + m[2].replace(b"&", b"&amp;"),
            body,
        )


class StatusAsString(Fault):
    """Writes `project-status` in JSON as a string, so that uv rejects the page."""

    caught_by = ("status.json.object",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return with_status_in_json(page, page.status)


class StatusUnknown(Fault):
    """Writes an unknown status in JSON."""

    caught_by = ("status.json.value", "status.html-json-agree")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return with_status_in_json(page, {"status": "unmaintained", "reason": page.status_reason or ""})


class StatusReasonNull(Fault):
    """Writes null for the reason of a status in JSON."""

    caught_by = ("status.json.reason",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return with_status_in_json(page, {"status": page.status, "reason": None})


class StatusAtAnOldVersion(Fault):
    """Declares API version 1.3 on pages with a status."""

    caught_by = ("status.api-version",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page if page.status is None else replace(page, repository_version="1.3")


class StatusOnTheRoot(Fault):
    """Writes a status on the root page."""

    caught_by = ("status.not-on-root",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={"project-status": {"status": "active"}})


class EveryProjectDeprecated(Fault):
    """Marks projects without a status as deprecated."""

    caught_by = ("status.default-active",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, status=page.status or "deprecated")
