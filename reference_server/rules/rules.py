"""All decisions of the registry that flavours, faults and variations can change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reference_server.archives import core_metadata, opening
from reference_server.archives.archive import LIMITS
from reference_server.archives.checks import ARCHIVE_CHECKS
from reference_server.model import ProjectStatus, Status, grammar
from reference_server.model.errors import DigestMismatchError, FileNameTakenError, InvalidFieldError
from reference_server.rules import access, groups, negotiation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from reference_server.archives.archive import Archive, ArchiveLimits
    from reference_server.archives.checks import ArchiveCheck
    from reference_server.model import (
        Action,
        Caller,
        Credentials,
        GitLabProject,
        Group,
        Package,
        PackageFile,
        Upload,
    )
    from reference_server.model.blob import Blob
    from reference_server.model.errors import RegistryError

DOCUMENTED_MAX_FILE_SIZE = 50 * 1024 * 1024  # "The maximum allowed size is 50 Megabytes."
DIGEST_LENGTHS = {"sha256": 64, "md5": 32, "blake2_256": 64}


def verify_digests(claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
    """Compare each digest in the form with that of the file, ignoring case.

    Raises `InvalidFieldError` for a malformed digest, and `DigestMismatchError`.
    """
    for algorithm, digest in claimed.items():
        if not re.fullmatch(rf"[0-9a-fA-F]{{{DIGEST_LENGTHS[algorithm]}}}", digest):
            name = f"{algorithm}_digest"
            raise InvalidFieldError(name)
        if digest.lower() != actual[algorithm]:
            raise DigestMismatchError


def known_metadata_version(text: str) -> bool:
    """Return whether a current registry can read metadata of this version.

    A new minor version only adds fields; a new major version may change existing ones.
    Source: PyPA "Core metadata", Metadata-Version.
    """
    return re.fullmatch(r"1\.[012]|2\.[0-9]{1,9}", text, re.ASCII) is not None


def record_actual(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
    """Record the digests of the bytes, not those in the form."""
    del claimed
    return actual


def same_filename(existing: PackageFile, upload: Upload) -> bool:
    """Return whether an existing file of the same version has the upload's file name."""
    return existing.filename == upload.filename


def unchanged(upload: Upload) -> Upload:
    """Return the upload itself."""
    return upload


def normalized_name(packages: Sequence[Package]) -> str:
    """Return a project's normalized name."""
    return packages[0].normalized


def file_name_taken(_existing: PackageFile) -> RegistryError:
    """Return GitLab's error for a second upload of a file name."""
    return FileNameTakenError()


def exactly(file: PackageFile, sha256: str, filename: str) -> bool:
    """Match a file by its exact digest and name."""
    return (file.sha256, file.filename) == (sha256, filename)


def always(_file: PackageFile) -> bool:
    """Match every file."""
    return True


def any_path(_name: str) -> bool:
    """Take every name in a URL."""
    return True


def its_own_requires_python(_package: Package, file: PackageFile) -> str | None:
    """Return the Requires-Python of the file itself."""
    return file.requires_python


def takes_uploads(project: ProjectStatus) -> bool:
    """Return whether a project with this status accepts uploads. Source: PyPA "Project status markers"."""
    return project.status in {Status.ACTIVE, Status.DEPRECATED}


def offers_files(project: ProjectStatus) -> bool:
    """Return whether a project with this status offers its files. Source: PyPA "Project status markers"."""
    return project.status is not Status.QUARANTINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All decisions. Change one with `dataclasses.replace(rules, valid_version=…)`.

    Access: `reads` (credentials, action) returns the credentials that the action's routes read; `identify` and
    `authorize` (see `reference_server.rules.access`). `needs_id` refuses a GitLab project's path in the URLs of its
    registry. `refuses_cross_site` refuses uploads and changes that another site's page sends, and
    `refuses_wrong_hosts` requests without one valid Host.
    `protects` applies the protection rules of a GitLab project.
    `group_members` (all GitLab projects, group); `readable_in_group` (`authorize`, caller, members,
    action).

    Names and versions: `valid_name`, `valid_version`, `normalize` (equal for all spellings of a project),
    `version_key` (equal for all spellings of a version). `requested_name` is the normalized name that a requested
    one leads to; None is the same as `normalize`. `keeps_spellings_apart` makes releases of different spellings of a
    name different packages. `valid_path` decides about a name or file name in a URL.

    Uploads: `understood` returns an upload as the registry reads it. Each of the `upload_checks` (upload) raises
    an error or passes, and so does, for a new file, each of the `project_checks` (upload, all packages, oldest
    first). `required_fields` of the form are reported in this order. `max_file_size` is in bytes, or None for no
    limit. `valid_filename`; `filename_agrees` (file name, name, version); `filetype_agrees` (file name, the
    form's file type or an empty text); `valid_requires_python` and `max_requires_python` (characters);
    `valid_metadata_version`, if the form has one. `verify_digests` (claimed, actual) raises an error or passes;
    `recorded_digests` (claimed, actual) returns the digests to store and list. `is_duplicate` (existing, upload)
    leads to `duplicates`: `reject` the upload, `replace` the file, `ignore` the upload but report success, or
    `add` a second file. `takes_identical` reports success for a repeated upload of the same bytes.
    `file_name_taken` (existing) returns the error for a duplicate, `file_name_closed` that for the name of a
    deleted file. `created_status` is the status of success. `keeps_rejected` stores rejected uploads, too.

    Archives: `open_archive` (file name, blob, `archive_limits`) returns the content, or None for a file that is
    not opened, and raises an error for a broken archive. Each of the `archive_checks` (archive, upload) raises an
    error or passes.

    Metadata files: `reads_metadata` (archive) returns the document of a distribution; `offers_metadata` (file
    name, document) decides whether to serve it. Project status: `takes_uploads`, `offers_files`.

    Reading: `lists` decides whether a project's page lists a file; `display_name` (a project's packages, oldest
    first) returns its name on the root page; `finds` (file, sha256, file name) decides whether a download asks
    for a file. `listed_requires_python` (package, file) returns what a page says of a file. `links_versions` gives
    each version a link on the root page. `forwards_to` is the URL of an index that answers for projects that are not
    here and that it `may_forward` by name, or None; with `hides_unreadable`, what a GitLab project of a group has
    is here for callers who may not read it, too. `redirects_slashless` and `redirects_unnormalized` redirect a URL
    without its slash or with an unnormalized name; else such a URL is answered directly.

    Simple pages: `api_version` of the pages, or None; `serializations`, the media types on offer, best first;
    `default_serialization` for clients without a preference; `negotiate` (Accept header, types, default).
    Without an acceptable type, `refuses_unacceptable` answers 406 instead of the default. `reads_format` of the
    query; `listed_hashes` of each file (HTML has the first one only); `gzips_from`, the size in bytes from which a
    page is compressed for clients that prefer it, or None. Pages are cached until the state changes, so a rule
    has to be a pure function of the state.

    Deleting: `forgets` decides whether deleting a file, or its package, removes it; `reopens_filenames` accepts
    names of deleted files again.
    """

    reads: Callable[[Credentials, Action], Credentials] = access.read_by
    identify: Callable[[Credentials, access.Tokens], Caller] = access.identify
    authorize: Callable[[Caller, GitLabProject, Action], None] = access.authorize
    refuses_cross_site: bool = True
    refuses_wrong_hosts: bool = True
    needs_id: bool = False
    protects: bool = True
    group_members: Callable[[Iterable[GitLabProject], Group], tuple[GitLabProject, ...]] = groups.members
    readable_in_group: Callable[
        [Callable[[Caller, GitLabProject, Action], None], Caller, Iterable[GitLabProject], Action],
        tuple[GitLabProject, ...],
    ] = groups.readable

    valid_name: Callable[[str], bool] = grammar.is_valid_name
    valid_version: Callable[[str], bool] = grammar.is_valid_version
    normalize: Callable[[str], str] = grammar.normalize
    version_key: Callable[[str], Hashable] = grammar.version_key
    requested_name: Callable[[str], str] | None = None
    keeps_spellings_apart: bool = False
    valid_path: Callable[[str], bool] = any_path

    understood: Callable[[Upload], Upload] = unchanged
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

    open_archive: Callable[[str, Blob, ArchiveLimits], Archive | None] = opening.open_archive
    archive_limits: ArchiveLimits = LIMITS
    archive_checks: tuple[ArchiveCheck, ...] = ARCHIVE_CHECKS

    reads_metadata: Callable[[Archive], bytes | None] = core_metadata.read
    offers_metadata: Callable[[str, bytes], bool] = core_metadata.is_final
    takes_uploads: Callable[[ProjectStatus], bool] = takes_uploads
    offers_files: Callable[[ProjectStatus], bool] = offers_files

    lists: Callable[[PackageFile], bool] = always
    display_name: Callable[[Sequence[Package]], str] = normalized_name
    finds: Callable[[PackageFile, str, str], bool] = exactly
    listed_requires_python: Callable[[Package, PackageFile], str | None] = its_own_requires_python
    links_versions: bool = False
    forwards_to: str | None = None
    may_forward: Callable[[str], bool] = any_path
    hides_unreadable: bool = False
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
    listed_hashes: tuple[str, ...] = ("sha256",)
    gzips_from: int | None = 1024

    forgets: Callable[[PackageFile], bool] = always
    reopens_filenames: bool = True
