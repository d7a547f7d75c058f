"""Bases of faults in PyPI's JSON API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from reference_server.faults.fault import Fault
from reference_server.http.json_responses import refusal
from reference_server.model.errors import PackageNotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection

    from werkzeug import Response

    from reference_server.http.request import Request

PROJECT, RELEASE = "project_json", "release_json"
DESCRIPTIONS = (PROJECT, RELEASE)


class ChangesDescriptions(Fault):
    """Rewrites the descriptions of projects and releases."""

    acts_on: ClassVar[Collection[str]] = DESCRIPTIONS

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in self.acts_on and response.status_code == 200:
            document = json.loads(response.get_data())
            self.change(document)
            response.set_data(json.dumps(document))
        return response

    def change(self, document: dict[str, Any]) -> None:
        """Change the object of the description in place."""
        raise NotImplementedError


class ChangesDescribedFiles(ChangesDescriptions):
    """Rewrites each file, wherever a description has it."""

    def change(self, document: dict[str, Any]) -> None:
        for files in (document["urls"], *document.get("releases", {}).values()):
            for file in files:
                self.change_file(file)

    def change_file(self, file: dict[str, Any]) -> None:
        """Change the object of a file in place."""
        raise NotImplementedError


class DescribesAnother(ChangesDescriptions):
    """Describes a project by another one of its versions, with the metadata of the right one."""

    acts_on = (PROJECT,)

    def choose(self, releases: dict[str, list[dict[str, Any]]]) -> str:
        """Return the version to describe, of all that have files."""
        raise NotImplementedError

    def change(self, document: dict[str, Any]) -> None:
        releases = {version: files for version, files in document["releases"].items() if files}
        version, info = self.choose(releases), document["info"]
        info |= {"version": version, "release_url": f"{info['project_url']}{version}/"}
        document["urls"] = releases[version]


class RefusesDescriptions(Fault):
    """Answers 404 to requests for some descriptions."""

    acts_on: ClassVar[Collection[str]] = DESCRIPTIONS

    def refuses(self, request: Request) -> bool:
        """Whether this description is missing."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response | None:
        refused = request.endpoint in self.acts_on and self.refuses(request)
        return refusal(PackageNotFoundError()) if refused else None
