"""Bases of faults that remember or store rejected uploads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reference_server.faults.building.request_notes import NotesRequests
from reference_server.http.json_responses import refusal

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.model.errors import RegistryError
    from reference_server.rules import Rules


@dataclass
class NamedProject:
    """The normalized name of the project that a request publishes to, once a rule has seen it."""

    name: str = ""


class RemembersRefusedUploads(NotesRequests[NamedProject]):
    """Remembers the normalized names of projects whose uploads were refused, in their order."""

    def __init__(self) -> None:
        self.refused: dict[str, None] = {}

    def rules(self, rules: Rules) -> Rules:
        def valid_name(name: str) -> bool:
            if (project := self.noted_here) is not None:
                project.name = rules.normalize(name)
            return rules.valid_name(name)

        return replace(rules, valid_name=valid_name)

    def note(self, request: Request) -> NamedProject:
        return NamedProject()

    def respond(self, request: Request, response: Response) -> Response:
        project = self.noted(request)
        if request.endpoint == "upload" and project and project.name and self.remembers(response):
            self.refused[project.name] = None
        return response

    def remembers(self, response: Response) -> bool:
        """Whether to remember the project of an upload that is answered with this response."""
        return response.status_code >= 400


class RejectsAfterStoring(NotesRequests["RegistryError | None"]):
    """Stores an upload before it rejects it."""

    def rejection(self, request: Request) -> RegistryError | None:
        """Return the error of this upload, if it has one."""
        raise NotImplementedError

    def note(self, request: Request) -> RegistryError | None:
        return self.rejection(request) if request.endpoint == "upload" else None

    def respond(self, request: Request, response: Response) -> Response:
        error = self.noted(request)
        return refusal(error) if error and response.status_code < 300 else response
