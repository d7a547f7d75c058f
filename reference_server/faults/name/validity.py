"""Faults in which names are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.omitted_checks import _ProjectCheckLeftOut
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_rules import waved_through
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_projects
from reference_server.http.json_responses import refusal
from reference_server.model.errors import NameInvalidError
from reference_server.model.grammar import is_valid_name

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class LookAlikesTaken(_ProjectCheckLeftOut):
    """Takes new names that look like existing ones."""

    caught_by = ("name.too-similar",)
    left_out = pypi_projects.name_is_distinct


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
