"""Faults in hostile archives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from werkzeug import Response

from reference_server.archives.checks import has_pkg_info, is_made_of_files, stays_inside, without
from reference_server.archives.member import Kind
from reference_server.faults.building.upload_rules import OmitsArchiveCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_archives, pypi_zips
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.http.request import Request
    from reference_server.model import Upload
    from reference_server.rules import Rules

PASSWORDS = b"root:x:0:0:root:/root:/bin/sh\n"
"""What may stand in /etc/passwd: no fault reads the real one."""


class CrashesOn(Fault):
    """Crashes on an upload that the rules reject with this message."""

    reasons: ClassVar[tuple[bytes, ...]]

    def respond(self, request: Request, response: Response) -> Response:
        """Answer as a proxy does whose server has crashed."""
        dies = (
            request.endpoint == "upload"
            and response.status_code == 400
            and any(reason in response.data for reason in self.reasons)
        )
        return Response("502 Bad Gateway", status=502) if dies else response


class HostileMembersCrash(CrashesOn):
    """Extracts uploads to read their metadata, and crashes on members that lead outside."""

    caught_by = ("security.no-extraction", "security.pkginfo-symlink")
    reasons = (b"File has an unsafe member",)


class DecompressionBombsCrash(CrashesOn):
    """Decompresses uploads into memory, and crashes on decompression bombs."""

    caught_by = ("security.zip-bomb", "security.huge-metadata")
    reasons = (b"File unpacks to more than is allowed", b"Metadata in the file is larger than ")


class HugeMetadataServed(Fault):
    """Serves metadata of any size."""

    caught_by = ("security.huge-metadata",)

    def rules(self, rules: Rules) -> Rules:
        most = rules.archive_limits.unpacked
        return replace(rules, archive_limits=replace(rules.archive_limits, document=most, ratio_from=most))


class LinkedMetadataFollowed(Fault):
    """Follows a symbolic link in the place of PKG-INFO to a file of the server."""

    caught_by = ("security.pkginfo-symlink",)

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


class AmbiguousZipsAccepted(OmitsArchiveCheck):
    """Accepts zip archives that parsers read in two ways, as uv did until 0.8.6."""

    caught_by = ("security.zip-ambiguity",)
    left_out = pypi_archives.zip_has_one_reading


class DataBetweenMembersAccepted(OmitsArchiveCheck):
    """Accepts zip archives with data that belongs to no member."""

    caught_by = ("security.zip-ambiguity",)
    left_out = pypi_zips.zip_has_no_gaps


class ZipFieldsNotRead(OmitsArchiveCheck):
    """Accepts zip archives whose local headers have any sizes, names and extra fields."""

    caught_by = ("security.zip-fields",)
    left_out = pypi_zips.zip_entries_are_plain


class TakesOddZips(Fault):
    """Accepts zip archives with one kind of odd entries."""

    taken: ClassVar[str]
    """The reason of the rule."""

    def rules(self, rules: Rules) -> Rules:
        """Let this reason pass."""

        def plain_but_for_it(archive: Archive, upload: Upload) -> None:
            try:
                pypi_zips.zip_entries_are_plain(archive, upload)
            except PolicyError as error:
                if self.taken not in str(error):
                    raise

        checks = without(rules.archive_checks, pypi_zips.zip_entries_are_plain)
        return replace(rules, archive_checks=(*checks, plain_but_for_it))


class LocalSizesNotCompared(TakesOddZips):
    """Accepts zip archives whose local headers have another packed size of a member than their directory."""

    caught_by = ("security.zip-fields",)
    taken = "Mis-matched data size"


class ControlCharactersInZips(TakesOddZips):
    """Accepts zip archives with control characters in the paths of members."""

    caught_by = ("security.zip-fields",)
    taken = "Invalid character in filename"


class PolyglotsAccepted(OmitsArchiveCheck):
    """Accepts files that are a zip archive and a tar archive at once."""

    caught_by = ("security.polyglot",)
    left_out = pypi_archives.is_one_archive


class SparseFilesAccepted(Fault):
    """Accepts sdists with sparse files."""

    caught_by = ("security.tar-sparse",)

    def rules(self, rules: Rules) -> Rules:
        def without_sparse(archive: Archive, upload: Upload) -> None:
            members = tuple(member for member in archive.members if member.kind is not Kind.SPARSE)
            is_made_of_files(replace(archive, members=members), upload)

        checks = (without_sparse if each is is_made_of_files else each for each in rules.archive_checks)
        return replace(rules, archive_checks=tuple(checks))
