"""Faults in the file names of wheels."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.upload_rules import OmitsUploadCheck, RefusesFilenames, waved_through
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files
from reference_server.model.grammar import name_and_version, normalize, version_key

if TYPE_CHECKING:
    from reference_server.model import PackageFile, Upload
    from reference_server.rules import Rules


class AnyPlatform(OmitsUploadCheck):
    """Accepts wheels for any platform, as a private index does."""

    caught_by = ("file.wheel.platform-allowlist",)
    left_out = pypi_files.platform_is_allowed


class WheelNamesSpelledFreely(OmitsUploadCheck):
    """Accepts wheels whose file names spell the project in any way."""

    caught_by = ("file.wheel.escaped-name",)
    left_out = pypi_files.wheel_is_named_after_project


class AnyWheelName(Fault):
    """Accepts every file name that ends in .whl."""

    caught_by = ("file.wheel.name-grammar",)

    def rules(self, rules: Rules) -> Rules:
        return waved_through(
            rules, lambda filename, *_rest: filename.endswith(".whl") and name_and_version(filename) is None
        )


class FilesOfOtherProjects(Fault):
    """Accepts a file that is named after another project."""

    caught_by = ("file.wheel.name-matches-project",)

    def rules(self, rules: Rules) -> Rules:
        def is_odd(filename: str, name: str, version: str) -> bool:
            named = name_and_version(filename)
            return named is not None and named[0] != normalize(name) and named[1] == version_key(version)

        return waved_through(rules, is_odd)


class FilesOfOtherVersions(Fault):
    """Accepts a file that is named after another version, as PyPI did until 2024."""

    incident = "warehouse #15884"
    caught_by = ("file.wheel.version-matches",)

    def rules(self, rules: Rules) -> Rules:
        def is_odd(filename: str, name: str, version: str) -> bool:
            named = name_and_version(filename)
            return named is not None and named[0] == normalize(name) and named[1] != version_key(version)

        return waved_through(rules, is_odd)


class BuildTagsRefused(RefusesFilenames):
    """Rejects wheels with a build tag."""

    caught_by = ("file.wheel.build-tag", "upload.content-filename")
    pattern = r"^([^-]+-){5}[^-]+\.whl$"


class BuildTagsNotCompared(Fault):
    """Treats two builds of a wheel as one file and rejects the second."""

    caught_by = ("file.wheel.build-tag",)

    def rules(self, rules: Rules) -> Rules:
        def same(existing: PackageFile, upload: Upload) -> bool:
            return _without_build(existing.filename) == _without_build(upload.filename)

        return replace(rules, is_duplicate=same)


def _without_build(filename: str) -> str:
    return re.sub(r"^([^-]+-[^-]+)-\d[^-]*((-[^-]+){3})$", r"\1\2", filename)


class OneTagOfEachKind(RefusesFilenames):
    """Rejects wheels with compressed tag sets."""

    caught_by = ("file.wheel.compressed-tags", "upload.content-filename")
    pattern = r"-([^-]*\.[^-]*-[^-]*-[^-]*|[^-]*-[^-]*\.[^-]*-[^-]*|[^-]*-[^-]*-[^-]*\.[^-]*)\.whl$"


class OlderPlatformsOnly(RefusesFilenames):
    """Rejects the platforms that PEP 783 added."""

    caught_by = ("file.wheel.pyemscripten",)
    pattern = r"wasm32\.whl$"
