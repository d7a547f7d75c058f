"""Faults in the versions under which uploads are taken, and in which of them are one release."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of
from reference_server.faults.simple_json import ChangesVersions
from reference_server.faults.upload_files import waved_through
from reference_server.faults.versions import Refuses
from reference_server.http.json_responses import refusal
from reference_server.model.errors import VersionInvalidError
from reference_server.model.grammar import is_valid_version, version_key

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules


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


class AlternateSpellingsLeftOut(ChangesVersions):
    """Takes every spelling, and lists in `versions` none that ends in a post-release."""

    caught_by = (
        "version.alternate-accepted",
        "version.display-string",
        "simple.json.versions.complete",
        "simple.json.versions.covers-files",
    )

    def versions(self, versions: list[str]) -> list[Any]:
        return [version for version in versions if ".post" not in version]


class VersionsComparedAsText(Fault):
    """Makes a release of every spelling of a version, and shows it as it is, as GitLab does."""

    caught_by = (
        "version.equal-one-release",
        "version.rc-and-c",
        "version.display-string",
        "simple.json.versions.normalized",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, version_key=str)


class CandidatesOfTwoKinds(Fault):
    """Takes `c` and `rc` for two kinds of pre-release."""

    caught_by = ("version.equal-one-release", "version.rc-and-c")

    def rules(self, rules: Rules) -> Rules:
        def key(version: str) -> Hashable:
            return version.lower() if re.search(r"(?<!r)c", version.lower()) else version_key(version)

        return replace(rules, version_key=key)


class PostReleasesShownWithAHyphen(ChangesVersions):
    """Shows 1.0.post1 as 1.0-1, which is how it may have been uploaded."""

    caught_by = ("version.display-string", "simple.json.versions.normalized")

    def versions(self, versions: list[str]) -> list[Any]:
        return [re.sub(r"\.post(\d+)$", r"-\1", version) for version in versions]


class PlusReadAsASpace(Fault):
    """Finds no file with a `+` in its name, because a path is read as if it were a query."""

    caught_by = ("version.local.private-ok", "simple.url.percent-encoding")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, finds=lambda file, sha256, name: "+" not in name and rules.finds(file, sha256, name)
        )


class EpochsNotFound(Fault):
    """Finds no file with an exclamation mark in its name, because it was escaped when it was stored."""

    caught_by = ("version.epoch", "simple.url.percent-encoding")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, finds=lambda file, sha256, name: "!" not in name and rules.finds(file, sha256, name)
        )
