"""Faults in what is asked of the inside of a distribution."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.archives.checks import (
    has_dist_info,
    has_one_folder,
    has_pkg_info,
    metadata_agrees,
    stays_inside,
    without,
)
from reference_server.archives.tarballs import Kind
from reference_server.faults import Fault
from reference_server.model.errors import ArchiveUnreadableError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.http.request import Request
    from reference_server.model import Upload
    from reference_server.model.blob import Blob
    from reference_server.rules import Rules

PASSWORDS = b"root:x:0:0:root:/root:/bin/sh\n"
"""What may stand in /etc/passwd: no fault reads the real one."""


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
    breaks = ("archive.valid",)
    suffix = ".whl"


class BrokenSdistsTaken(NotOpened):
    """Takes sdists that are no gzipped tar archives, or not whole."""

    breaks = ("archive.valid",)
    suffix = ".tar.gz"


class DistInfoNotRequired(Fault):
    """Takes every zip archive as a wheel, whatever it lacks."""

    breaks = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_dist_info))


class RecordNotRequired(Fault):
    """Asks wheels for METADATA and WHEEL only."""

    breaks = ("archive.wheel-required-files",)

    def rules(self, rules: Rules) -> Rules:
        less = partial(has_dist_info, required=("METADATA", "WHEEL"))
        return replace(rules, archive_checks=(*without(rules.archive_checks, has_dist_info), less))


class PkgInfoNotRequired(Fault):
    """Takes every folder in a tar archive as an sdist."""

    breaks = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_pkg_info))


class SeveralTopFoldersTaken(Fault):
    """Takes sdists that would strew their members over the folder in which they are unpacked."""

    breaks = ("archive.sdist-pkg-info",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, has_one_folder))


class MetadataInTheFileIgnored(Fault):
    """Believes the form and the file name, whatever the metadata in the file says."""

    breaks = ("file.sdist.metadata-match",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, metadata_agrees))


class DiesOf(Fault):
    """Does not live through an upload that the rules refuse with this text."""

    reason: ClassVar[bytes]

    def respond(self, request: Request, response: Response) -> Response:
        """Answer as what stands in front of a server does when nothing more comes from behind."""
        dies = request.endpoint == "upload" and response.status_code == 400 and self.reason in response.data
        return Response("502 Bad Gateway", status=502) if dies else response


class HostileMembersCrash(DiesOf):
    """Unpacks an upload to read its metadata, and dies of members that lead outside."""

    breaks = ("security.no-extraction", "security.pkginfo-symlink")
    reason = b"File has an unsafe member"


class BombsGoOff(DiesOf):
    """Unpacks an upload into memory, and dies of those that unpack to too much."""

    breaks = ("security.zip-bomb", "security.huge-metadata")
    reason = b"File unpacks to more than is allowed"


class HugeMetadataServed(Fault):
    """Serves metadata of any size."""

    breaks = ("security.huge-metadata",)

    def rules(self, rules: Rules) -> Rules:
        most = rules.archive_limits.unpacked
        return replace(rules, archive_limits=replace(rules.archive_limits, document=most, ratio_from=most))


class LinkedMetadataFollowed(Fault):
    """Reads PKG-INFO wherever a link in its place leads to on the registry's own disk."""

    breaks = ("security.pkginfo-symlink",)

    def rules(self, rules: Rules) -> Rules:
        def has_one_or_a_link(archive: Archive, upload: Upload) -> None:
            if not _is_linked(archive):
                has_pkg_info(archive, upload)

        def follows(archive: Archive) -> bytes | None:
            return PASSWORDS if _is_linked(archive) else rules.reads_metadata(archive)

        checks = without(rules.archive_checks, stays_inside, has_pkg_info)
        return replace(
            rules,
            archive_checks=(*checks, has_one_or_a_link),
            reads_metadata=follows,
            offers_metadata=lambda filename, document: (
                document == PASSWORDS or rules.offers_metadata(filename, document)
            ),
        )


def _is_linked(archive: Archive) -> bool:
    return any(
        member.kind is Kind.SYMLINK and member.path.endswith("/PKG-INFO") for member in archive.members
    )
