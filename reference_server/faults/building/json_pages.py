"""Bases of faults that rewrite pages in JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage


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
