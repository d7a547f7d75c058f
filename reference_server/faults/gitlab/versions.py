"""Faults in which versions are valid."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import Version

from reference_server.faults.building.upload_rules import Refuses
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


class EpochsRefused(Refuses):
    """Knows no epochs."""

    caught_by = ("gitlab.version.epoch", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")
    pattern = "!"


class EpochsForgotten(Fault):
    """Lists a file without the epoch of its version."""

    caught_by = ("gitlab.version.epoch", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, filename=re.sub(r"(?<=-)\d+!", "", file.filename)))


class ThreeNumbersAtMost(Refuses):
    """Takes releases of three numbers at most, as if every version were a semantic one."""

    caught_by = ("gitlab.version.release", "gitlab.version.accepts-every-match")
    pattern = r"\d+\.\d+\.\d+\.\d+"


class PreReleasesRefused(Refuses):
    """Takes final releases only: no alpha, beta or candidate."""

    caught_by = (
        "gitlab.version.pre-release",
        "gitlab.version.all-parts",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*(a|b|c|pre)"


class NumbersAfterHyphensRefused(Refuses):
    """Takes no number after a hyphen, which is how a post-release may be written."""

    caught_by = ("gitlab.version.post-release", "gitlab.version.accepts-every-match")
    pattern = r"^[^+]*-\d"


class DevelopmentReleasesRefused(Refuses):
    """Takes no development releases."""

    caught_by = (
        "gitlab.version.dev-release",
        "gitlab.version.all-parts",
        "gitlab.version.accepts-every-match",
    )
    pattern = r"^[^+]*dev"


class LocalVersionsRefused(Refuses):
    """Takes no local versions, as a public index has to."""

    caught_by = ("gitlab.version.local", "gitlab.version.all-parts", "gitlab.version.accepts-every-match")
    pattern = r"\+"


class LeadingLetterRefused(Refuses):
    """Takes no version that begins with a `v`."""

    caught_by = ("gitlab.version.leading-v", "gitlab.version.accepts-every-match")
    pattern = "^v"


class CapitalLetterRefused(Refuses):
    """Takes a leading `v`, and no leading `V`."""

    caught_by = ("gitlab.version.accepts-every-match",)
    pattern = "^(?-i:V)"


class CanonicalVersionsOnly(Fault):
    """Takes a version in its canonical spelling only, as Gitea once did."""

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
    """Takes every text as a version."""

    caught_by = (
        "gitlab.version.refuses-everything-else",
        "gitlab.version.white-space-refused",
        "gitlab.version.refused-leaves-nothing",
        "clients.twine.bad-version",
    )

    def rules(self, rules: Rules) -> Rules:
        anything = lambda *_said: True  # noqa: E731 - one answer to three questions
        return replace(rules, valid_version=anything, valid_filename=anything, filename_agrees=anything)


class WhiteSpaceIgnored(Fault):
    """Takes white space around a version, as `packaging` does."""

    caught_by = (
        "gitlab.version.refuses-everything-else",
        "gitlab.version.white-space-refused",
        "clients.twine.bad-version",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_version=lambda text: rules.valid_version(text.strip()))
