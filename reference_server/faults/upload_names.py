"""Faults in the names under which uploads are taken."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults import Fault
from reference_server.faults.reading import body_of, gitlab_project_of
from reference_server.faults.upload_files import waved_through
from reference_server.http.json_responses import refusal
from reference_server.model.errors import MetadataDisagreesError, NameInvalidError
from reference_server.model.grammar import is_valid_name

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

_NAME = re.compile(rb'name="name"\r\n\r\n([^\r]*)')
_FILENAME = re.compile(rb'name="content"; filename="([^"]*)"')
_METADATA_NAME = re.compile(rb"\nName: ([^\n]*)")


class NamesTakenAsTheyCome(Fault):
    """Takes every text as a name, and looks no further where it is none."""

    caught_by = (
        "name.invalid-rejected",
        "gitlab.name.invalid-characters-refused",
        "gitlab.name.separator-at-edge-refused",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, name, _version: not rules.valid_name(name))
        return replace(waved, valid_name=bool)


class LettersFoldedIntoAscii(Fault):
    """Takes letters that fold into ASCII ones, as the published expression does where it is not read as ASCII."""

    caught_by = ("name.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        published = re.compile(r"([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE)
        waved = waved_through(rules, lambda _filename, name, _version: not rules.valid_name(name))
        return replace(waved, valid_name=lambda name: published.match(name) is not None)


class RefusedNamesStored(Fault):
    """Refuses a file for its name when it is already stored, and leaves it there."""

    caught_by = ("name.invalid-rejected",)

    def rules(self, rules: Rules) -> Rules:
        return NamesTakenAsTheyCome().rules(rules)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload" or response.status_code != 201:
            return response
        newest = max(request.registry.packages(gitlab_project_of(request)), key=lambda package: package.id)
        return response if is_valid_name(newest.name) else refusal(NameInvalidError())


class SpellingsKeptApart(Fault):
    """Shows only the files whose upload spelled the name as the first one did."""

    caught_by = ("name.variants-merge", "gitlab.name.uploads-meet")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body = body_of(request)
            name, filename = _NAME.search(body), _FILENAME.search(body)
            if name and filename:
                self._names[filename[1].decode()] = name[1].decode()
        return None

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first = page.name
        return replace(
            page, files=tuple(each for each in page.files if self._names.get(each.filename, first) == first)
        )


class NameAsInTheMetadata(Fault):
    """Wants the name in the form to be the text that the metadata has, separators included."""

    incident = "twine #743"
    caught_by = ("name.twine-safe-name",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        body = body_of(request)
        said, inside = _NAME.search(body), _METADATA_NAME.search(body)
        differ = said is not None and inside is not None and said[1].lower() != inside[1].lower()
        return refusal(MetadataDisagreesError()) if differ else None
