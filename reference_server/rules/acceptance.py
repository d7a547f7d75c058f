"""Checks of an upload that do not depend on earlier uploads. Pure functions of the upload and the rules."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.archives import core_metadata
from reference_server.model import CoreMetadata
from reference_server.model.errors import (
    FileNameDisagreesError,
    FileNameInvalidError,
    FileTooLargeError,
    FileTypeDisagreesError,
    InvalidFieldError,
    MetadataVersionInvalidError,
    NameInvalidError,
    RequiresPythonInvalidError,
    RequiresPythonTooLongError,
    VersionInvalidError,
)

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.model import Upload
    from reference_server.rules.rules import Rules

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def require_showable(field: str, text: str) -> None:
    """Require a text without control characters that HTML cannot have. Source: HTML, "Preprocessing the input stream".

    Raises `InvalidFieldError`.
    """
    if _CONTROL.search(text):
        raise InvalidFieldError(field)


def check(upload: Upload, rules: Rules) -> None:
    """Check the size, the form, the file name and the digests, in this order.

    Raises `FileTooLargeError`, `FieldError` and each `PackageInvalidError`.
    """
    if rules.max_file_size is not None and upload.blob.size > rules.max_file_size:
        raise FileTooLargeError
    for further in rules.upload_checks:
        further(upload)
    _check_fields(upload, rules)
    _check_filename(upload, rules)
    rules.verify_digests(upload.digests, upload.blob.digests)


def _check_fields(upload: Upload, rules: Rules) -> None:
    if not rules.valid_name(upload.name):
        raise NameInvalidError
    if not rules.valid_version(upload.version):
        raise VersionInvalidError
    if upload.requires_python and len(upload.requires_python) > rules.max_requires_python:
        raise RequiresPythonTooLongError
    if upload.requires_python and not rules.valid_requires_python(upload.requires_python):
        raise RequiresPythonInvalidError
    stated = filter(None, upload.fields.get("metadata_version", ()))
    if not all(map(rules.valid_metadata_version, stated)):
        raise MetadataVersionInvalidError


def _check_filename(upload: Upload, rules: Rules) -> None:
    if not rules.valid_filename(upload.filename):
        raise FileNameInvalidError
    if not rules.filename_agrees(upload.filename, upload.name, upload.version):
        raise FileNameDisagreesError
    filetypes = upload.fields.get("filetype", ())
    if not all(rules.filetype_agrees(upload.filename, filetype) for filetype in filetypes):
        raise FileTypeDisagreesError


def inspect(upload: Upload, rules: Rules) -> Archive | None:
    """Open the distribution and check its content; None if it is not opened. Raises `PackageInvalidError`."""
    archive = rules.open_archive(upload.filename, upload.blob, rules.archive_limits)
    if archive is not None:
        for further in rules.archive_checks:
            further(archive, upload)
    return archive


def with_metadata(upload: Upload, archive: Archive | None, rules: Rules) -> Upload:
    """Return the upload with the metadata of its archive, and its Requires-Python unless the form has one."""
    document = rules.reads_metadata(archive) if archive else None
    if document is None:
        return upload
    requires_python = core_metadata.requires_python(document) or ""
    usable = len(requires_python) <= rules.max_requires_python and rules.valid_requires_python(
        requires_python
    )
    offered = rules.offers_metadata(upload.filename, document)
    return replace(
        upload,
        requires_python=upload.requires_python or (requires_python if usable else None),
        core_metadata=CoreMetadata(document) if offered else None,
    )
