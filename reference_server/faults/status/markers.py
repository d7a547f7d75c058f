"""Faults in how pages show a project's status."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage, RootPage

META = re.compile(rb'\s*<meta name="pypi:project-status" content="[^"]*">')


def said_in_json(page: ProjectPage, marker: Any) -> ProjectPage:
    """Give the page with another `project-status` in JSON, if it has one."""
    return page if page.status is None else replace(page, keys={**page.keys, "project-status": marker})


class StatusInCapitals(Fault):
    """Writes the status with a capital letter in HTML."""

    caught_by = ("status.html.value", "status.html-json-agree")

    def rendered(self, body: bytes) -> bytes:
        return re.sub(rb'(project-status" content=")(\w)', lambda m: m[1] + m[2].upper(), body)


class StatusNotInHtml(Fault):
    """Says the status in JSON alone."""

    caught_by = ("status.html.emitted", "status.html-json-agree")

    def rendered(self, body: bytes) -> bytes:
        return META.sub(b"", body)


class StatusReasonEscapedTwice(Fault):
    """Escapes the reason twice, so that readers see `&lt;`."""

    caught_by = ("status.html.reason",)

    def rendered(self, body: bytes) -> bytes:
        return re.sub(
            rb'(project-status-reason" content=")([^"]*)',
            lambda m: m[1] + m[2].replace(b"&", b"&amp;"),
            body,
        )


class StatusAsString(Fault):
    """Writes `project-status` in JSON as a string; uv gives up on the page."""

    caught_by = ("status.json.object", "status.html-json-agree")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return said_in_json(page, page.status)


class StatusUnknown(Fault):
    """Makes up a status in JSON."""

    caught_by = ("status.json.value", "status.html-json-agree")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return said_in_json(page, {"status": "unmaintained", "reason": page.status_reason or ""})


class StatusReasonNull(Fault):
    """Writes null in JSON where there is a reason."""

    caught_by = ("status.json.reason",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return said_in_json(page, {"status": page.status, "reason": None})


class StatusAtAnOldVersion(Fault):
    """Marks a status on a page of API version 1.3."""

    caught_by = ("status.api-version",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page if page.status is None else replace(page, repository_version="1.3")


class StatusOnTheRoot(Fault):
    """Writes a status into the list of projects."""

    caught_by = ("status.not-on-root",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={"project-status": {"status": "active"}})


class EveryProjectDeprecated(Fault):
    """Calls a project deprecated to which nobody gave a status."""

    caught_by = ("status.default-active",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, status=page.status or "deprecated")
