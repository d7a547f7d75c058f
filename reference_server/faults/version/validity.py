"""Faults in which versions are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import RejectsAfterStoring
from reference_server.faults.building.upload_forms import text_of
from reference_server.faults.building.upload_rules import OmitsUploadCheck, RefusesVersions, waved_through
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_metadata
from reference_server.model.errors import RegistryError, VersionInvalidError
from reference_server.model.grammar import is_valid_version, name_and_version

if TYPE_CHECKING:
    from reference_server.http.request import Request
    from reference_server.rules import Rules


class LocalVersionsPublic(OmitsUploadCheck):
    """Accepts local versions, as a private index does."""

    caught_by = ("version.local.pypi-forbidden",)
    left_out = pypi_metadata.no_local_version


class AnyVersionWithoutSpaces(Fault):
    """Accepts any text without white space as a version, such as 1.0-SNAPSHOT."""

    caught_by = (
        "version.invalid-rejected",
        "gitlab.version.refuses-everything-else",
        "gitlab.version.refused-leaves-nothing",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, _name, version: not rules.valid_version(version))
        return replace(waved, valid_version=lambda version: re.fullmatch(r"\S+", version) is not None)


class VersionsReadFromFileNames(Fault):
    """Looks at the version in the file name alone, and takes any version in the form."""

    caught_by = (
        "version.invalid-rejected",
        "gitlab.version.refuses-everything-else",
        "gitlab.version.white-space-refused",
    )

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(
            rules,
            lambda filename, _name, version: (
                not rules.valid_version(version) and name_and_version(filename) is not None
            ),
        )
        return replace(waved, valid_version=lambda _version: True)


class DigitsOfAnyScript(Fault):
    r"""Accepts digits of any script in versions, as `\d` does without re.ASCII."""

    caught_by = ("version.invalid-rejected", "gitlab.version.refuses-everything-else")

    def rules(self, rules: Rules) -> Rules:
        waved = waved_through(rules, lambda _filename, _name, version: not rules.valid_version(version))
        return replace(waved, valid_version=lambda version: rules.valid_version(re.sub(r"\d", "1", version)))


class RefusedVersionsStored(RejectsAfterStoring):
    """Rejects invalid versions only after it has stored the file."""

    caught_by = ("version.invalid-rejected", "gitlab.version.refused-leaves-nothing")

    def rules(self, rules: Rules) -> Rules:
        return AnyVersionWithoutSpaces().rules(rules)

    def rejection(self, request: Request) -> RegistryError | None:
        return None if is_valid_version(text_of(request, "version")) else VersionInvalidError()


class SpelledOutLettersRefused(RefusesVersions):
    """Accepts a, b and rc, but rejects their alternate spellings."""

    caught_by = (
        "version.alternate-accepted",
        "gitlab.version.pre-release",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*(alpha|beta|pre|rev|(?<!r)c)"


class LeadingZerosRefused(RefusesVersions):
    """Rejects numbers of a release with a leading zero, such as those of a date."""

    caught_by = ("version.alternate-accepted", "gitlab.version.accepts-every-match")
    pattern = r"^[vV]?(\d+!)?(\d+\.)*0\d"
