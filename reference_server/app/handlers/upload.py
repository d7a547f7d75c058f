"""The upload of one distribution: GitLab's `POST /projects/:id/packages/pypi`."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from reference_server.app.handlers.form import read_form
from reference_server.http.json_responses import json_answer
from reference_server.model import Upload
from reference_server.model.errors import (
    FileSentTwiceError,
    InvalidFieldError,
    MissingFieldsError,
    NotThroughWorkhorseError,
)
from reference_server.rules.rules import DIGEST_LENGTHS

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.app.handlers.call import Call
    from reference_server.app.handlers.form import FilePart, Form
    from reference_server.rules.registry import Registry
    from reference_server.store.blobs import Spool


def upload(call: Call) -> Response:
    """Store the distribution, or reject it as too large, incomplete or invalid, in this order.

    The field `attestations` is ignored, as by every index without this feature: an index that accepts
    attestations has to verify them, which is impossible offline.
    """
    rules = call.registry.rules
    with call.registry.store.blobs.spool(limit=rules.max_file_size) as spool:
        form = read_form(call.request, spool, max_file_size=rules.max_file_size)
        _require(form, rules.required_fields)
        _log(form, call)
        described = replace(_described(form, _content(form), spool), published_by=call.caller.name or None)
    _protecting(call).upload(call.gitlab_project, described)
    status = HTTPStatus(rules.created_status)
    return json_answer({"message": f"{status.value} {status.phrase}"}, status=status)


def authorize(_call: Call) -> Response:
    """Refuse what GitLab's proxy asks before an upload: the request of a client is never signed by the proxy."""
    raise NotThroughWorkhorseError


def _protecting(call: Call) -> Registry:
    """Return the registry that applies protection rules, as GitLab does: after the size and the form."""
    registry = call.registry
    if not call.gitlab_project.protection_rules:
        return registry

    from reference_server.rules.protection import require_pushable

    def pushable(upload: Upload) -> None:
        require_pushable(registry, call.caller, call.gitlab_project, upload.name)

    return registry.under(replace(registry.rules, upload_checks=(*registry.rules.upload_checks, pushable)))


def _log(form: Form, call: Call) -> None:
    content = next(iter(form.files.get("content", ())), None)
    if content is not None:
        call.request.entry.uploads(content.filename, content.writer.size, form.fields)


def _require(form: Form, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in form.fields and name not in form.files]
    if missing:
        raise MissingFieldsError(*missing)


def _content(form: Form) -> FilePart:
    """Return the distribution's part. Other files, such as signatures, are ignored."""
    parts = form.files.get("content", ())
    if len(parts) != 1:
        field = "content"
        raise FileSentTwiceError(field) if parts else InvalidFieldError(field)
    return parts[0]


def _described(form: Form, content: FilePart, spool: Spool) -> Upload:
    claimed = {algorithm: form.get(f"{algorithm}_digest") for algorithm in DIGEST_LENGTHS}
    return Upload(
        name=form.get("name") or "",
        version=form.get("version") or "",
        filename=content.filename,
        blob=spool.take(content.writer),
        requires_python=(form.get("requires_python") or "").strip() or None,
        digests={algorithm: digest for algorithm, digest in claimed.items() if digest},
        fields=form.fields,
    )
