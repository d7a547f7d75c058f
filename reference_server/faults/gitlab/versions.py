"""Faults in which versions are valid."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import Version

from reference_server.faults.building.upload_rules import RefusesVersions
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class EpochsRefused(RefusesVersions):
    """Rejects versions with an epoch."""

    caught_by = ("gitlab.version.epoch", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")
    pattern = "!"


class EpochsForgotten(Fault):
    """Omits the epoch from listed file names."""

    caught_by = ("gitlab.version.epoch", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=re.sub(r"(?<=-)\d+!", "", file.filename)))


class ThreeNumbersAtMost(RefusesVersions):
    """Rejects releases of more than three numbers, as semantic versioning does."""

    caught_by = ("gitlab.version.release", "gitlab.version.accepts-every-match")
    pattern = r"\d+\.\d+\.\d+\.\d+"


class PreReleasesRefused(RefusesVersions):
    """Rejects pre-releases."""

    caught_by = (
        "gitlab.version.pre-release",
        "gitlab.version.all-parts",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*(a|b|c|pre)"


class NumbersAfterHyphensRefused(RefusesVersions):
    """Rejects post-releases that are written as a hyphen and a number."""

    caught_by = ("gitlab.version.post-release", "gitlab.version.accepts-every-match")
    pattern = r"^[^+]*-\d"


class DevelopmentReleasesRefused(RefusesVersions):
    """Rejects development releases."""

    caught_by = (
        "gitlab.version.dev-release",
        "gitlab.version.all-parts",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*dev"


class LocalVersionsRefused(RefusesVersions):
    """Rejects local versions, as a public index has to."""

    caught_by = ("gitlab.version.local", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")
    pattern = r"\+"


class LeadingLetterRefused(RefusesVersions):
    """Rejects versions that begin with `v`."""

    caught_by = ("gitlab.version.leading-v", "gitlab.version.accepts-every-match")
    pattern = "^v"


class CapitalLetterRefused(RefusesVersions):
    """Accepts a leading `v` but rejects a leading `V`."""

    caught_by = ("gitlab.version.accepts-every-match",)
    pattern = "^(?-i:V)"


class CanonicalVersionsOnly(Fault):
    """Accepts only canonical spellings of versions, as Gitea once did."""

    caught_by = (
        "gitlab.version.pre-release",
        "gitlab.version.post-release",
        "gitlab.version.dev-release",
        "gitlab.version.leading-v",
        "gitlab.version.accepts-every-match",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, valid_version=lambda text: rules.valid_version(text) and str(Version(text)) == text
        )


class AnyVersion(Fault):
    """Accepts any text as a version."""

    caught_by = (
        "gitlab.version.refuses-everything-else",
        "gitlab.version.white-space-refused",
        "gitlab.version.refused-leaves-nothing",
        "clients.twine.bad-version",
    )

    def rules(self, rules: Rules) -> Rules:
        anything = lambda *_rest: True  # noqa: E731 - one answer to three questions
        return replace(rules, valid_version=anything, valid_filename=anything, filename_agrees=anything)


class WhiteSpaceIgnored(Fault):
    """Accepts white space around a version, as `packaging` does."""

    caught_by = (
        "gitlab.version.refuses-everything-else",
        "gitlab.version.white-space-refused",
        "clients.twine.bad-version",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_version=lambda text: rules.valid_version(text.strip()))
