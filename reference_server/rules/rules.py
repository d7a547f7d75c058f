"""Every decision of the registry that something else may want to decide differently, in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reference_server.archives import archive, core_metadata
from reference_server.archives.checks import ARCHIVE_CHECKS
from reference_server.model import ProjectStatus, Status, grammar
from reference_server.model.errors import DigestMismatchError, FileNameTakenError, InvalidFieldError
from reference_server.rules import access, negotiation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.model import (
        Action,
        Caller,
        Credentials,
        GitLabProject,
        Package,
        PackageFile,
        Upload,
    )
    from reference_server.model.blob import Blob
    from reference_server.model.errors import RegistryError

DOCUMENTED_MAX_FILE_SIZE = 50 * 1024 * 1024  # "The maximum allowed size is 50 Megabytes."
DIGEST_LENGTHS = {"sha256": 64, "md5": 32, "blake2_256": 64}


def verify_digests(claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
    """Compare each digest that the client sent with the file's own, in any letter case.

    Raises `InvalidFieldError` for what is no digest, `DigestMismatchError` for another file's.
    """
    for algorithm, digest in claimed.items():
        if not re.fullmatch(rf"[0-9a-fA-F]{{{DIGEST_LENGTHS[algorithm]}}}", digest):
            name = f"{algorithm}_digest"
            raise InvalidFieldError(name)
        if digest.lower() != actual[algorithm]:
            raise DigestMismatchError


def known_metadata_version(text: str) -> bool:
    """Tell whether a registry of today can read metadata of this version.

    A greater minor version only adds fields; a greater major version may change what there is.
    Source: PyPA "Core metadata", Metadata-Version.
    """
    return re.fullmatch(r"1\.[012]|2\.[0-9]{1,9}", text, re.ASCII) is not None


def record_actual(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
    """Record the digests of the bytes, never those that the client claims."""
    del claimed
    return actual


def same_filename(existing: PackageFile, upload: Upload) -> bool:
    """Tell whether the upload's file name is taken by a file of the same version."""
    return existing.filename == upload.filename


def as_it_is(upload: Upload) -> Upload:
    """Take an upload to say what it says."""
    return upload


def normalized_name(packages: Sequence[Package]) -> str:
    """Call a project by its normalized name."""
    return packages[0].normalized


def file_name_taken(_existing: PackageFile) -> RegistryError:
    """Refuse a second upload of a file name in GitLab's words."""
    return FileNameTakenError()


def exactly(file: PackageFile, sha256: str, filename: str) -> bool:
    """Find a file by its digest and its name, both exact."""
    return (file.sha256, file.filename) == (sha256, filename)


def always(_file: PackageFile) -> bool:
    """Leave no file out."""
    return True


def takes_uploads(project: ProjectStatus) -> bool:
    """Tell whether a project of this status takes uploads. Source: PyPA "Project status markers"."""
    return project.status in {Status.ACTIVE, Status.DEPRECATED}


def offers_files(project: ProjectStatus) -> bool:
    """Tell whether a project of this status offers its files. Source: PyPA "Project status markers"."""
    return project.status is not Status.QUARANTINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The decisions. Change one with `dataclasses.replace(rules, valid_version=…)`.

    Access: `identify` and `authorize` (see `reference_server.rules.access`).

    Names and versions: `valid_name`, `valid_version`, `normalize` (equal for all spellings of a project),
    `version_key` (equal for all spellings of a version).

    Uploads: `understood` gives what an upload is taken to say; each of the `upload_checks` (upload) and, for
    a file that is new, of the `project_checks` (upload, all packages, oldest first) raises;
    `required_fields` of the form, in the order in which they are reported; `max_file_size` in
    bytes or None; `valid_filename`; `filename_agrees` (file name, name, version); `filetype_agrees` (file
    name, the form's file type or an empty text); `valid_requires_python` and `max_requires_python`
    (characters); `valid_metadata_version` of the form, where it has one; `verify_digests` (claimed,
    actual) raises;
    `recorded_digests` (claimed, actual) gives what is stored and shown; `is_duplicate` (existing, upload)
    and what then happens: `reject` it, `replace` the file, `ignore` the upload and say it went well, or
    `add` a second file; `takes_identical` answers an upload of the very same bytes as if it were the first;
    `file_name_taken` (existing) gives the refusal, and `file_name_closed` that of a deleted file's name;
    `created_status` is the status of success;
    `keeps_rejected` stores what was refused all the same.

    Archives: `open_archive` (file name, blob, `archive_limits`) gives what is inside, or None for what is not
    looked into, and raises for what is no archive; each of the `archive_checks` (archive, upload) raises.

    Metadata files: `reads_metadata` (archive) gives what a distribution holds; `offers_metadata`
    (file name, document) tells whether it is served. Project status: `takes_uploads`, `offers_files`.

    Reading: `lists` a file on its project's page; `display_name` (a project's packages, oldest first) is what
    the root page calls it; `finds` the file that a download asks for (file,
    sha256, file name); a URL without its slash or with an unnormalized name redirects, or is
    answered where it is: `redirects_slashless`, `redirects_unnormalized`.

    Simple pages: `api_version`, which they say, or None; `serializations`, the media types there are, best
    first; `default_serialization` for clients that have no wish; `negotiate` (Accept header, types, default);
    what comes when no type is acceptable: a refusal or the default (`refuses_unacceptable`);
    `reads_format`, the query's `format`; `shown_hashes` of each file, of which HTML has the first;
    `gzips_from`, the number of bytes from which a page is compressed for those who like it, or None. Pages
    are kept until the state changes: a rule has to decide the same again, unless a fault made it.

    Deleting: `forgets` a file when its package or it itself is deleted; `reopens_filenames` of deleted
    files for new uploads.
    """

    identify: Callable[[Credentials, access.Tokens], Caller] = access.identify
    authorize: Callable[[Caller, GitLabProject, Action], None] = access.authorize

    valid_name: Callable[[str], bool] = grammar.is_valid_name
    valid_version: Callable[[str], bool] = grammar.is_valid_version
    normalize: Callable[[str], str] = grammar.normalize
    version_key: Callable[[str], Hashable] = grammar.version_key

    understood: Callable[[Upload], Upload] = as_it_is
    upload_checks: tuple[Callable[[Upload], None], ...] = ()
    project_checks: tuple[Callable[[Upload, Sequence[Package]], None], ...] = ()
    required_fields: tuple[str, ...] = ("content", "name", "version")
    max_file_size: int | None = DOCUMENTED_MAX_FILE_SIZE
    valid_filename: Callable[[str], bool] = grammar.is_valid_filename
    filename_agrees: Callable[[str, str, str], bool] = grammar.filename_agrees
    filetype_agrees: Callable[[str, str], bool] = grammar.filetype_agrees
    valid_requires_python: Callable[[str], bool] = grammar.is_valid_requires_python
    max_requires_python: int = 255
    valid_metadata_version: Callable[[str], bool] = known_metadata_version
    verify_digests: Callable[[Mapping[str, str], Mapping[str, str]], None] = verify_digests
    recorded_digests: Callable[[Mapping[str, str], Mapping[str, str]], Mapping[str, str]] = record_actual
    is_duplicate: Callable[[PackageFile, Upload], bool] = same_filename
    duplicates: Literal["reject", "replace", "ignore", "add"] = "reject"
    takes_identical: bool = False
    file_name_taken: Callable[[PackageFile], RegistryError] = file_name_taken
    file_name_closed: Callable[[], RegistryError] = FileNameTakenError
    created_status: int = 201
    keeps_rejected: bool = False

    open_archive: Callable[[str, Blob, ArchiveLimits], Archive | None] = archive.open_archive
    archive_limits: ArchiveLimits = archive.LIMITS
    archive_checks: tuple[ArchiveCheck, ...] = ARCHIVE_CHECKS

    reads_metadata: Callable[[Archive], bytes | None] = core_metadata.read
    offers_metadata: Callable[[str, bytes], bool] = core_metadata.is_final
    takes_uploads: Callable[[ProjectStatus], bool] = takes_uploads
    offers_files: Callable[[ProjectStatus], bool] = offers_files

    lists: Callable[[PackageFile], bool] = always
    display_name: Callable[[Sequence[Package]], str] = normalized_name
    finds: Callable[[PackageFile, str, str], bool] = exactly
    redirects_slashless: bool = True
    redirects_unnormalized: bool = True

    api_version: str | None = "1.4"
    serializations: tuple[str, ...] = (
        negotiation.SIMPLE_JSON,
        negotiation.SIMPLE_HTML,
        negotiation.TEXT_HTML,
    )
    default_serialization: str = negotiation.TEXT_HTML
    negotiate: Callable[[str | None, Sequence[str], str], str | None] = negotiation.negotiate
    refuses_unacceptable: bool = True
    reads_format: bool = True
    shown_hashes: tuple[str, ...] = ("sha256",)
    gzips_from: int | None = 1024

    forgets: Callable[[PackageFile], bool] = always
    reopens_filenames: bool = True
