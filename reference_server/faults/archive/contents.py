"""Faults in what the inside of a distribution must hold."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import has_dist_info, has_one_folder, has_pkg_info, without
from reference_server.archives.member import Kind
from reference_server.faults.building.upload_rules import OmitsArchiveCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_archives, pypi_wheels
from reference_server.model.errors import ArchiveUnreadableError, PolicyError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.model import Upload
    from reference_server.model.blob import Blob
    from reference_server.rules import Rules


class SkipsBrokenArchives(Fault):
    """Accepts unreadable archives with a suffix, as many private registries do."""

    suffix: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Return no archive for an unreadable one."""

        def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
            try:
                return rules.open_archive(filename, blob, limits)
            except ArchiveUnreadableError:
                if filename.endswith(self.suffix):
                    return None
                raise

        return replace(rules, open_archive=opened)


class InvalidWheelsAccepted(SkipsBrokenArchives):
    """Accepts wheels that are not zip archives or are truncated."""

    incident = "devpi #1061"
    caught_by = ("archive.valid",)
    suffix = ".whl"


class InvalidSdistsAccepted(SkipsBrokenArchives):
    """Accepts sdists that are not gzipped tar archives or are truncated."""

    caught_by = ("archive.valid",)
    suffix = ".tar.gz"


class DistInfoNotRequired(Fault):
    """Accepts any zip archive as a wheel, even without a .dist-info directory."""

    caught_by = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_dist_info))


class RecordNotRequired(Fault):
    """Accepts wheels without RECORD as long as they hold METADATA and WHEEL."""

    caught_by = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        less = partial(has_dist_info, required=("METADATA", "WHEEL"))
        return replace(rules, archive_checks=(*without(rules.archive_checks, has_dist_info), less))


class VendoredProjectsRefused(Fault):
    """Refuses wheels that hold a second `.dist-info` at any depth."""

    caught_by = ("archive.vendored",)

    def rules(self, rules: Rules) -> Rules:
        return _refusing_deeper(rules, ".dist-info/METADATA")


class FurtherPkgInfoRefused(Fault):
    """Refuses sdists that hold another PKG-INFO than their own."""

    caught_by = ("archive.vendored",)

    def rules(self, rules: Rules) -> Rules:
        return _refusing_deeper(rules, "/PKG-INFO")


def _refusing_deeper(rules: Rules, end: str) -> Rules:
    def has_one(archive: Archive, _upload: Upload) -> None:
        if any(member.path.endswith(end) and member.path.count("/") > 1 for member in archive.members):
            raise PolicyError(f"'{archive.filename}' has metadata of several projects")

    return replace(rules, archive_checks=(*rules.archive_checks, has_one))


class FoldersMissedInRecord(Fault):
    """Refuses wheels with an entry for a folder, which RECORD does not list."""

    caught_by = ("archive.folders",)

    def rules(self, rules: Rules) -> Rules:
        return _refusing_folders(rules, ".whl")


class FoldersInSdistsRefused(Fault):
    """Refuses sdists with an entry for a folder."""

    caught_by = ("archive.folders",)

    def rules(self, rules: Rules) -> Rules:
        return _refusing_folders(rules, ".tar.gz")


def _refusing_folders(rules: Rules, suffix: str) -> Rules:
    def has_files_only(archive: Archive, upload: Upload) -> None:
        folders = [member.path for member in archive.members if member.kind is Kind.FOLDER]
        if folders and upload.filename.endswith(suffix):
            raise PolicyError(f"'{archive.filename}' has an entry that is no file: '{folders[0]}'")

    return replace(rules, archive_checks=(*rules.archive_checks, has_files_only))


class PkgInfoNotRequired(Fault):
    """Accepts sdists without PKG-INFO."""

    caught_by = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_pkg_info))


class SeveralTopFoldersAccepted(Fault):
    """Accepts sdists with several top-level directories."""

    caught_by = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_one_folder))


class LicenseFilesMissing(OmitsArchiveCheck):
    """Accepts distributions that lack the license files named in their metadata."""

    caught_by = ("archive.license-files",)
    left_out = pypi_archives.license_files_are_there


class LicenseFilesOfSdistsRefused(Fault):
    """Looks for the license files of sdists in the folder that wheels have them in."""

    caught_by = ("archive.license-files",)

    def rules(self, rules: Rules) -> Rules:
        def are_in_the_folder(archive: Archive, upload: Upload) -> None:
            if not archive.filename.endswith(".whl") and any(upload.fields.get("license_file", ())):
                raise PolicyError("License-File does not exist in distribution file")

        return replace(rules, archive_checks=(*rules.archive_checks, are_in_the_folder))


class DuplicatePathsAccepted(OmitsArchiveCheck):
    """Accepts zip archives that hold the same path twice."""

    caught_by = ("archive.duplicate-entries",)
    left_out = pypi_archives.paths_are_unique


class RecordNotCompared(OmitsArchiveCheck):
    """Accepts wheels whose RECORD does not list what they contain."""

    caught_by = ("archive.wheel-record",)
    left_out = pypi_wheels.record_lists_the_members


class EntryPointsNotRead(OmitsArchiveCheck):
    """Accepts wheels with scripts of any name, and with an entry_points.txt that no installer can read."""

    caught_by = ("archive.entry-points",)
    left_out = pypi_wheels.entry_points_are_valid


class WheelsWithEntryPointsRefused(Fault):
    """Refuses wheels that have entry points."""

    caught_by = ("archive.entry-points",)

    def rules(self, rules: Rules) -> Rules:
        def has_none(archive: Archive, _upload: Upload) -> None:
            if any(member.path.endswith("/entry_points.txt") for member in archive.members):
                raise PolicyError(f"Wheel '{archive.filename}' has invalid entry points")

        return replace(rules, archive_checks=(*rules.archive_checks, has_none))
