"""Downloads of distributions, metadata files and provenance objects."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from reference_server.app.handlers.sending import Content, content_answer, not_acceptable, page_answer
from reference_server.model.errors import FileDamagedError, PackageNotFoundError, PathInvalidError
from reference_server.rendering.page_cache import RenderedPage
from reference_server.rules.negotiation import negotiate

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.app.handlers.call import Call, ReadingCall
    from reference_server.model import PackageFile

INTEGRITY = "application/vnd.pypi.integrity.v1+json"
PROVENANCE_TYPES = (INTEGRITY, "application/json")


def download(call: ReadingCall, sha256: str, filename: str) -> Response:
    """Send the unchanged bytes of a file."""
    if not call.registry.rules.valid_path(filename.replace("%2F", "/")):
        field = "file_identifier"
        raise PathInvalidError(field)
    file = _found(call, sha256, filename)
    try:
        stream = file.blob.open()
    except FileNotFoundError as gone:
        _found(call, sha256, filename)  # else it was deleted since
        raise FileDamagedError from gone
    return content_answer(
        call,
        Content(
            source=file.blob,
            stream=stream,
            size=file.size,
            etag=file.blob.digests["sha256"],
            last_modified=file.created_at,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{quote(file.filename, safe="+!")}"; '
                f"filename*=UTF-8''{quote(file.filename, safe='')}",
                **call.request.flavour.file_headers,
            },
        ),
    )


def forwarded(call: Call, name: str, upstream_path: str) -> Response:
    """Refuse a file of another index: only GitLab's dependency firewall, which is not here, links to such URLs."""
    for field, path in (("package_name", name), ("upstream_path", upstream_path)):
        if not call.registry.rules.valid_path(path.replace("%2F", "/")):
            raise PathInvalidError(field)
    raise PackageNotFoundError


def metadata_file(call: ReadingCall, sha256: str, filename: str) -> Response:
    """Send the unchanged core metadata of a file."""
    file = _found(call, sha256, filename)
    if file.core_metadata is None:
        raise PackageNotFoundError
    return content_answer(
        call,
        Content(
            source=file.core_metadata.document,
            stream=io.BytesIO(file.core_metadata.document),
            size=len(file.core_metadata.document),
            etag=file.core_metadata.sha256,
            last_modified=file.created_at,
            content_type="application/octet-stream",
        ),
    )


def provenance(call: Call, name: str, version: str, filename: str) -> Response:
    """Send the provenance object of a file. Source: PyPI's documentation, "Integrity API"."""
    file = call.registry.file_of(call.gitlab_project, name, version, filename)
    if file.provenance is None:
        raise PackageNotFoundError
    media_type = negotiate(call.request.headers.get("Accept"), PROVENANCE_TYPES, INTEGRITY)
    if media_type is None:
        return not_acceptable(PROVENANCE_TYPES, vary="Accept")
    return page_answer(call, RenderedPage(file.provenance, media_type), vary="Accept")


def _found(call: ReadingCall, sha256: str, filename: str) -> PackageFile:
    """Find the newest file in any GitLab project of the index. Raises `PackageNotFoundError`."""
    found = []
    for owner in call.index.gitlab_projects:
        with suppress(PackageNotFoundError):
            found.append(call.registry.file(owner, sha256, filename))
    if not found:
        raise PackageNotFoundError
    return max(found, key=lambda file: file.id)
