"""Uploads as GitLab takes them: it stores what the form says, and opens no file.

Source: GitLab, `lib/api/pypi_packages.rb` and its services and models of packages.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.flavours.gitlab_names import MAX_REQUIRES_PYTHON, sanitized, truncated
from reference_server.model.errors import InvalidFieldError, NameBlankError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reference_server.model import Package, PackageFile, Upload

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def understood(upload: Upload) -> Upload:
    """Take the fields as they are, and clean the file name."""
    stated = upload.fields.get("requires_python", (upload.requires_python or "",))[0]
    return replace(upload, filename=sanitized(upload.filename), requires_python=stated or None)


def understood_and_truncated(upload: Upload) -> Upload:
    """Shorten a long Requires-Python, too."""
    upload = understood(upload)
    return replace(
        upload, requires_python=truncated(upload.requires_python or "", MAX_REQUIRES_PYTHON) or None
    )


def name_is_not_blank(upload: Upload) -> None:
    """Refuse an empty name with two reasons."""
    if not upload.name.strip():
        raise NameBlankError


def sha256_has_its_form(upload: Upload) -> None:
    """Refuse a sha256 that is not 64 hexadecimal digits."""
    field = "sha256_digest"
    stated = upload.fields.get(field, ())
    if stated and not _SHA256.fullmatch(stated[-1]):
        raise InvalidFieldError(field)


def has_no_null(upload: Upload) -> None:
    """Refuse a null character in any field."""
    for field, values in upload.fields.items():
        if any("\0" in value for value in values):
            raise InvalidFieldError(field)


def trust_digests(claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
    """Compare no digest."""
    del claimed, actual


def claimed_digests(claimed: Mapping[str, str], actual: Mapping[str, str]) -> Mapping[str, str]:
    """Record the digests in the form. GitLab has none without them; a missing sha256 is computed here."""
    computed = {name: digest for name, digest in actual.items() if name != "md5"}
    return computed | {name: claimed[name] for name in ("sha256", "md5") if name in claimed}


def anything(*_: Any) -> bool:
    """Take everything."""
    return True


def nothing_inside(*_: Any) -> None:
    """Open no archive."""


def of_the_last_upload(package: Package, _file: PackageFile) -> str | None:
    """Return the Requires-Python of a version, which each upload replaces."""
    return package.files[-1].requires_python


def with_extension(file: PackageFile, sha256: str, filename: str) -> bool:
    """Match a file by its digest and name. The route takes a name apart at its last dot, and needs one."""
    return (file.sha256, file.filename) == (sha256, filename) and "." in filename
