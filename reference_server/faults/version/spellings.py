"""Faults in treating the spellings of a version as one release, and in how it is listed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.rewritten_pages import ChangesVersions
from reference_server.faults.fault import Fault
from reference_server.model.grammar import version_key

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from reference_server.rules import Rules


class AlternateSpellingsLeftOut(ChangesVersions):
    """Omits post-releases from `versions`."""

    caught_by = (
        "version.alternate-accepted",
        "version.display-string",
        "simple.json.versions.complete",
        "simple.json.versions.covers-files",
    )

    def versions(self, versions: list[str]) -> list[Any]:
        return [version for version in versions if ".post" not in version]


class VersionsComparedAsText(Fault):
    """Makes a release of every spelling of a version, as GitLab does."""

    caught_by = (
        "version.equal-one-release",
        "version.rc-and-c",
        "version.display-string",
        "simple.json.versions.normalized",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, version_key=str)


class CandidatesOfTwoKinds(Fault):
    """Treats `c` and `rc` as two kinds of pre-release."""

    caught_by = ("version.equal-one-release", "version.rc-and-c")

    def rules(self, rules: Rules) -> Rules:
        def key(version: str) -> Hashable:
            return version.lower() if re.search(r"(?<!r)c", version.lower()) else version_key(version)

        return replace(rules, version_key=key)


class PostReleasesShownWithAHyphen(ChangesVersions):
    """Lists 1.0.post1 as 1.0-1."""

    caught_by = ("version.display-string", "simple.json.versions.normalized")

    def versions(self, versions: list[str]) -> list[Any]:
        return [re.sub(r"\.post(\d+)$", r"-\1", version) for version in versions]


class PlusReadAsASpace(Fault):
    """Answers 404 to files with a `+` in their name."""

    caught_by = ("version.local.private-ok", "simple.url.percent-encoding")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, finds=lambda file, sha256, name: "+" not in name and rules.finds(file, sha256, name)
        )


class EpochsNotFound(Fault):
    """Answers 404 to files with an exclamation mark in their name."""

    caught_by = ("version.epoch", "simple.url.percent-encoding")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules, finds=lambda file, sha256, name: "!" not in name and rules.finds(file, sha256, name)
        )
