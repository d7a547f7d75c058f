"""Bases of faults that rewrite pages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage

ROOT = b"<title>Simple index</title>"


class RewritesHtml(Fault):
    """Replaces the matches of `pattern` in the source of pages in HTML by `replacement`."""

    pattern: ClassVar[bytes]
    replacement: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, self.replacement, body)


class RewritesRootPage(RewritesHtml):
    """Rewrites the root page only."""

    def rendered(self, body: bytes) -> bytes:
        return super().rendered(body) if ROOT in body else body


class ChangesJson(Fault):
    """Rewrites pages in JSON after they are rendered."""

    def rendered(self, body: bytes) -> bytes:
        return self.written(body) if body.startswith(b"{") else body

    def written(self, body: bytes) -> bytes:
        """Return the rewritten page."""
        document = json.loads(body)
        self.change(document)
        return json.dumps(document).encode()

    def change(self, document: dict[str, Any]) -> None:
        """Change the object of the page in place."""


class ChangesKeys(Fault):
    """Overwrites keys of every file."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={**file.keys, **self.keys(file)}))

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        """Return the keys to overwrite."""
        raise NotImplementedError


class ChangesVersions(Fault):
    """Overwrites `versions`."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, keys={**page.keys, "versions": self.versions(list(page.versions or ()))})

    def versions(self, versions: list[str]) -> list[Any]:
        """Return the replacement of the versions."""
        raise NotImplementedError
