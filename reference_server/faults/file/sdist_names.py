"""Faults in the file names and metadata of sdists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.archives.checks import metadata_agrees, without
from reference_server.faults.building.upload_rules import FailsOnFilenames, OmitsUploadCheck
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files
from reference_server.model.errors import ArchiveUnreadableError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.model.blob import Blob
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules


MAX_HEADER_PATH = 100  # bytes


class MetadataInTheFileIgnored(Fault):
    """Trusts the form and the file name when the metadata in an sdist disagrees."""

    caught_by = ("file.sdist.metadata-match",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, archive_checks=without(rules.archive_checks, metadata_agrees))


class SdistNamesSpelledFreely(OmitsUploadCheck):
    """Accepts sdists whose file names spell the project and the version in any way."""

    caught_by = ("file.sdist.name-form",)
    left_out = pypi_files.sdist_is_named_after_release


class ReadsArchives(Fault):
    """Reads what is in archives in its own way."""

    acts_on = ("upload",)

    def rules(self, rules: Rules) -> Rules:
        """Read each archive that the server can open."""

        def opened(filename: str, blob: Blob, limits: ArchiveLimits) -> Archive | None:
            archive = rules.open_archive(filename, blob, limits)
            return archive and self.read(archive)

        return replace(rules, open_archive=opened)

    def read(self, archive: Archive) -> Archive:
        """Return the archive as it is read."""
        raise NotImplementedError


class ExtendedHeadersUnread(ReadsArchives):
    """Refuses sdists whose paths do not fit into the first tar header, in any layout."""

    caught_by = ("file.sdist.long-paths",)

    def read(self, archive: Archive) -> Archive:
        if any(len(member.path) > MAX_HEADER_PATH for member in archive.members):
            raise ArchiveUnreadableError
        return archive


class LongPathsKept(ReadsArchives):
    """Takes the first path that does not fit into a tar header for that of each later member."""

    caught_by = ("file.sdist.long-paths",)

    def read(self, archive: Archive) -> Archive:
        paths = [member.path for member in archive.members]
        long = next((number for number, path in enumerate(paths) if len(path) > MAX_HEADER_PATH), None)
        if long is None:
            return archive
        return replace(
            archive,
            members=tuple(
                replace(member, path=paths[min(number, long)])
                for number, member in enumerate(archive.members)
            ),
            documents=tuple(each for each in archive.documents if each.path in paths[:long]),
        )


class OtherEncodingsFail(ReadsArchives):
    """Fails on metadata that is not UTF-8."""

    caught_by = ("file.not-utf8",)

    def read(self, archive: Archive) -> Archive:
        for document in archive.documents:
            document.content.decode()
        return archive


class ZipSdistsFail(FailsOnFilenames):
    """Fails on an sdist that is a zip file."""

    caught_by = ("file.sdist.zip",)
    pattern = rb"-[0-9.]+\.zip$"


class ZipSdistsNotListed(Fault):
    """Accepts an sdist that is a zip file but lists only tar archives."""

    caught_by = ("file.sdist.zip",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=tuple(file for file in page.files if not file.filename.endswith(".zip")))
