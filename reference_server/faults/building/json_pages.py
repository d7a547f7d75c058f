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
    """Changes what was written as JSON, where no key of the page can."""

    def rendered(self, body: bytes) -> bytes:
        return self.written(body) if body.startswith(b"{") else body

    def written(self, body: bytes) -> bytes:
        """Change a page in JSON."""
        document = json.loads(body)
        self.change(document)
        return json.dumps(document).encode()

    def change(self, document: dict[str, Any]) -> None:
        """Change the object of a page, in place."""


class ChangesKeys(Fault):
    """Writes other values into the JSON object of every file."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, keys={**file.keys, **self.keys(file)}))

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        """Give what takes the place of the file's own keys."""
        raise NotImplementedError


class ChangesVersions(Fault):
    """Writes other values into `versions`."""

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, keys={**page.keys, "versions": self.versions(list(page.versions or ()))})

    def versions(self, versions: list[str]) -> list[Any]:
        """Give what takes the place of the versions."""
        raise NotImplementedError
