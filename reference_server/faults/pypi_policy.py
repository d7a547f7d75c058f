"""Faults in the Python Package Index's own policy: on the flavour `pypi`, each leaves out one of its rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import is_made_of_files, without
from reference_server.archives.tarballs import Kind
from reference_server.faults import Fault
from reference_server.faults.deciding import Authorizes
from reference_server.flavours import pypi_archives, pypi_files, pypi_metadata, pypi_projects
from reference_server.model.errors import FileNameTakenError, NotAuthenticatedError
from reference_server.rules.rules import normalized_name, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.archives.archive import Archive
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.model import Action, Caller, GitLabProject, Package, Upload
    from reference_server.rules import Rules


class _UploadCheckLeftOut(Fault):
    """Does not ask one of the questions about an upload."""

    left_out: ClassVar[Callable[[Upload], None]]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        kept = tuple(check for check in rules.upload_checks if check is not type(self).left_out)
        return replace(rules, upload_checks=kept)


class LocalVersionsPublic(_UploadCheckLeftOut):
    """Takes local versions, as an index for one organization does."""

    breaks = ("version.local.pypi-forbidden",)
    left_out = pypi_metadata.no_local_version


class LongSummaries(_UploadCheckLeftOut):
    """Takes summaries of any length."""

    breaks = ("upload.summary-limits",)
    left_out = pypi_metadata.summary_is_short


class BrokenDescriptions(_UploadCheckLeftOut):
    """Takes descriptions that nobody can render."""

    breaks = ("upload.description-render",)
    left_out = pypi_metadata.description_renders


class AnyEmail(_UploadCheckLeftOut):
    """Takes any text for an email address."""

    breaks = ("upload.emails",)
    left_out = pypi_metadata.emails_are_addresses


class AnyClassifier(_UploadCheckLeftOut):
    """Takes any text for a classifier."""

    breaks = ("upload.classifiers",)
    left_out = pypi_metadata.classifiers_are_known


class AnyProjectURL(_UploadCheckLeftOut):
    """Takes any text for a URL."""

    breaks = ("upload.urls",)
    left_out = pypi_metadata.urls_are_urls


class DirectReferences(_UploadCheckLeftOut):
    """Takes dependencies on files anywhere on the web."""

    breaks = ("upload.direct-refs",)
    left_out = pypi_metadata.no_direct_references


class AnythingDynamic(_UploadCheckLeftOut):
    """Takes metadata whose name may still change."""

    breaks = ("upload.dynamic-valid",)
    left_out = pypi_metadata.dynamic_may_be


class TwoLicenses(_UploadCheckLeftOut):
    """Takes metadata that say the license in two ways."""

    breaks = ("upload.license-exclusive",)
    left_out = pypi_metadata.one_way_of_licensing


class AnyLicenseExpression(_UploadCheckLeftOut):
    """Takes any text for a license expression."""

    breaks = ("upload.license-expression-valid",)
    left_out = pypi_metadata.license_expression_is_valid


class WheelsWithoutPython(_UploadCheckLeftOut):
    """Takes wheels without asking for which Python they are."""

    breaks = ("upload.pyversion.wheel",)
    left_out = pypi_files.wheel_has_pyversion


class SdistsForOnePython(_UploadCheckLeftOut):
    """Takes sdists for one Python."""

    breaks = ("upload.pyversion.sdist",)
    left_out = pypi_files.sdist_is_source


class DigestsOptional(_UploadCheckLeftOut):
    """Takes files without a digest."""

    breaks = ("upload.digest.required",)
    left_out = pypi_files.has_digest


class AnyPlatform(_UploadCheckLeftOut):
    """Takes wheels for any platform, as an index for one organization does."""

    breaks = ("file.wheel.platform-allowlist",)
    left_out = pypi_files.platform_is_allowed


class WheelNamesSpelledFreely(_UploadCheckLeftOut):
    """Takes wheels whose file names spell the project in any way."""

    breaks = ("file.wheel.escaped-name",)
    left_out = pypi_files.wheel_is_named_after_project


class SdistNamesSpelledFreely(_UploadCheckLeftOut):
    """Takes sdists whose file names spell the project and the version in any way."""

    breaks = ("file.sdist.name-form",)
    left_out = pypi_files.sdist_is_named_after_release


class FiletypesOptional(_UploadCheckLeftOut):
    """Takes forms that do not say what the file is, or say what nobody knows."""

    breaks = ("upload.filetype-required",)
    left_out = pypi_files.filetype_is_known

    def rules(self, rules: Rules) -> Rules:
        return replace(
            super().rules(rules),
            filetype_agrees=lambda filename, filetype: (
                filetype not in pypi_files.FILETYPES or rules.filetype_agrees(filename, filetype)
            ),
        )


class UnknownIsSomething(Fault):
    """Reads `UNKNOWN` as any other value."""

    breaks = ("upload.unknown-literal",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, understood=unchanged)


class _ProjectCheckLeftOut(Fault):
    """Does not ask one of the questions about what is there already."""

    left_out: ClassVar[Callable[[Upload, Sequence[Package]], None]]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        kept = tuple(check for check in rules.project_checks if check is not type(self).left_out)
        return replace(rules, project_checks=kept)


class LookAlikesTaken(_ProjectCheckLeftOut):
    """Takes new names that look like existing ones."""

    breaks = ("name.too-similar",)
    left_out = pypi_projects.name_is_distinct


class SameContentTwice(_ProjectCheckLeftOut):
    """Takes a file again under another name."""

    breaks = ("upload.dup.same-content-new-name",)
    left_out = pypi_projects.content_is_new


class SeveralSdists(_ProjectCheckLeftOut):
    """Takes any number of sdists of a release."""

    breaks = ("upload.second-sdist",)
    left_out = pypi_projects.release_has_one_sdist


class DisplayNameNeverChanges(Fault):
    """Lists projects by their normalized names."""

    breaks = ("name.display-updates",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, display_name=normalized_name)


class DeletedNamesReopened(Fault):
    """Takes the name of a deleted file again."""

    breaks = ("upload.dup.deleted-name",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, reopens_filenames=True)


class DuplicatesInGitLabsWords(Fault):
    """Refuses a second upload as GitLab does."""

    breaks = ("upload.dup.pypi-text", "upload.dup.message")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, file_name_taken=lambda _existing: FileNameTakenError())


class _ArchiveCheckLeftOut(Fault):
    """Does not ask one of the questions about an archive."""

    left_out: ClassVar[ArchiveCheck]

    def rules(self, rules: Rules) -> Rules:
        """Ask the others."""
        return replace(rules, archive_checks=without(rules.archive_checks, type(self).left_out))


class LicenseFilesMissing(_ArchiveCheckLeftOut):
    """Takes distributions without the license files that they name."""

    breaks = ("archive.license-files",)
    left_out = pypi_archives.license_files_are_there


class DuplicatePathsTaken(_ArchiveCheckLeftOut):
    """Takes zip archives in which a path is there twice."""

    breaks = ("archive.duplicate-entries",)
    left_out = pypi_archives.paths_are_unique


class AmbiguousZipsTaken(_ArchiveCheckLeftOut):
    """Takes zip archives that can be read in two ways (uv was open to them until 0.8.6)."""

    breaks = ("security.zip-ambiguity",)
    left_out = pypi_archives.zip_has_one_reading


class PolyglotsTaken(_ArchiveCheckLeftOut):
    """Takes files that are a zip archive and a tar archive in one."""

    breaks = ("security.polyglot",)
    left_out = pypi_archives.is_one_archive


class SparseFilesTaken(Fault):
    """Takes sdists with sparse files."""

    breaks = ("security.tar-sparse",)

    def rules(self, rules: Rules) -> Rules:
        def without_sparse(archive: Archive, upload: Upload) -> None:
            members = tuple(member for member in archive.members if member.kind is not Kind.SPARSE)
            is_made_of_files(replace(archive, members=members), upload)

        checks = (without_sparse if each is is_made_of_files else each for each in rules.archive_checks)
        return replace(rules, archive_checks=tuple(checks))


class PasswordsAskedAgain(Authorizes):
    """Asks whoever comes with a password for credentials once more, as if it were the wrong one."""

    breaks = ("auth.upload.password-refused",)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        if caller.is_anonymous and action == "upload":
            raise NotAuthenticatedError
        super().authorize(caller, gitlab_project, action)
