"""Faults in which versions are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.omitted_checks import _UploadCheckLeftOut
from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.upload_rules import Refuses, waved_through
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_metadata
from reference_server.http.json_responses import refusal
from reference_server.model.errors import VersionInvalidError
from reference_server.model.grammar import is_valid_version

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class LocalVersionsPublic(_UploadCheckLeftOut):
    """Takes local versions, as an index for one organization does."""

    caught_by = ("version.local.pypi-forbidden",)
    left_out = pypi_metadata.no_local_version


class VersionsTakenAsTheyCome(Fault):
    """Takes every text without white space as a version, so that 1.0-SNAPSHOT is one."""

    caught_by = (
        "version.invalid-rejected",
        "gitlab.version.refuses-everything-else",
        "gitlab.version.refused-leaves-nothing",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, _name, version: not rules.valid_version(version))
        return replace(waved, valid_version=lambda version: re.fullmatch(r"\S+", version) is not None)


class DigitsOfAnyScript(Fault):
    """Takes the digits of every script in a version, as an expression does that is not read as ASCII."""

    caught_by = ("version.invalid-rejected", "gitlab.version.refuses-everything-else")

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, _name, version: not rules.valid_version(version))
        return replace(waved, valid_version=lambda version: rules.valid_version(re.sub(r"\d", "1", version)))


class RefusedVersionsStored(Fault):
    """Refuses a file for its version when it is already stored, and leaves it there."""

    caught_by = ("version.invalid-rejected", "gitlab.version.refused-leaves-nothing")

    def rules(self, rules: Rules) -> Rules:
        return VersionsTakenAsTheyCome().rules(rules)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "upload" or response.status_code != 201:
            return response
        newest = max(request.registry.packages(gitlab_project_of(request)), key=lambda package: package.id)
        return response if is_valid_version(newest.version) else refusal(VersionInvalidError())


class SpelledOutLettersRefused(Refuses):
    """Knows a, b and rc, and none of their other spellings."""

    caught_by = (
        "version.alternate-accepted",
        "gitlab.version.pre-release",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*(alpha|beta|pre|rev|(?<!r)c)"
