"""Faults in what the inside of a distribution must hold."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import has_dist_info, has_one_folder, has_pkg_info, without
from reference_server.faults.building.omitted_checks import _ArchiveCheckLeftOut
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_archives
from reference_server.model.errors import ArchiveUnreadableError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.model.blob import Blob
    from reference_server.rules import Rules


class NotOpened(Fault):
    """Takes files with a suffix whatever is in them, as many private registries do."""

    suffix: ClassVar[str]

    def rules(self, rules: Rules) -> Rules:
        """Know nothing of what cannot be read."""

        def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
            try:
                return rules.open_archive(filename, blob, limits)
            except ArchiveUnreadableError:
                if filename.endswith(self.suffix):
                    return None
                raise

        return replace(rules, open_archive=opened)


class BrokenWheelsTaken(NotOpened):
    """Takes wheels that are no zip archives, or not whole."""

    incident = "devpi #1061"
    caught_by = ("archive.valid",)
    suffix = ".whl"


class BrokenSdistsTaken(NotOpened):
    """Takes sdists that are no gzipped tar archives, or not whole."""

    caught_by = ("archive.valid",)
    suffix = ".tar.gz"


class DistInfoNotRequired(Fault):
    """Takes every zip archive as a wheel, whatever it lacks."""

    caught_by = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_dist_info))


class RecordNotRequired(Fault):
    """Asks wheels for METADATA and WHEEL only."""

    caught_by = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        less = partial(has_dist_info, required=("METADATA", "WHEEL"))
        return replace(rules, archive_checks=(*without(rules.archive_checks, has_dist_info), less))


class PkgInfoNotRequired(Fault):
    """Takes every folder in a tar archive as an sdist."""

    caught_by = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_pkg_info))


class SeveralTopFoldersTaken(Fault):
    """Takes sdists that would strew their members over the folder in which they are unpacked."""

    caught_by = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_one_folder))


class LicenseFilesMissing(_ArchiveCheckLeftOut):
    """Takes distributions without the license files that they name."""

    caught_by = ("archive.license-files",)
    left_out = pypi_archives.license_files_are_there


class DuplicatePathsTaken(_ArchiveCheckLeftOut):
    """Takes zip archives in which a path is there twice."""

    caught_by = ("archive.duplicate-entries",)
    left_out = pypi_archives.paths_are_unique
