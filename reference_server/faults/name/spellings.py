"""Faults in treating the spellings of a name as one project."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import filename_of, text_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import MetadataDisagreesError
from reference_server.rules.rules import normalized_name

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

_METADATA_NAME = re.compile(rb"\nName: ([^\n]*)")


class DisplayNameNeverChanges(Fault):
    """Lists projects by their normalized names."""

    caught_by = ("name.display-updates",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, display_name=normalized_name)


class SpellingsKeptApart(Fault):
    """Lists only the files uploaded under the first spelling of the name."""

    caught_by = ("name.variants-merge", "gitlab.name.uploads-meet")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            filename = filename_of(request).decode(errors="replace")
            self._names[filename] = text_of(request, "name")
        return None

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first = page.name
        return replace(
            page, files=tuple(each for each in page.files if self._names.get(each.filename, first) == first)
        )


class NameAsInTheMetadata(Fault):
    """Rejects forms that spell the name differently from the metadata."""

    incident = "twine #743"
    caught_by = ("name.twine-safe-name",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        name, inside = text_of(request, "name"), _METADATA_NAME.search(body_of(request))
        differ = (
            bool(name) and inside is not None and name.lower() != inside[1].decode(errors="replace").lower()
        )
        return refusal(MetadataDisagreesError()) if differ else None
