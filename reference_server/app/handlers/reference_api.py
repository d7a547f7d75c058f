"""The server's own API for tests, beyond GitLab's: yank, set a status, attach provenance, delete.

All routes are below `/-/reference/projects/ID/packages/pypi/NAME`. They need a personal access token of a
Maintainer with the scope api, accept a JSON object or an empty body, and answer 204:

| | | |
|---|---|---|
| `PUT`, `DELETE` | `/versions/VERSION/yank` | `{"reason": "…"}`, optional |
| `PUT`, `DELETE` | `/files/FILENAME/yank` | `{"reason": "…"}`, optional |
| `PUT` | `/status` | `{"status": "archived", "reason": "…"}`, the reason is optional |
| `PUT`, `DELETE` | `/files/FILENAME/provenance` | a provenance object, served as it is |
| `DELETE` | nothing, `/versions/VERSION` or `/files/FILENAME` | |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug import Response

from reference_server.app.handlers.call import require_deletable
from reference_server.http.json_bodies import MalformedJsonError, is_text, json_object
from reference_server.model import Status
from reference_server.model.errors import FileTooLargeError, InvalidFieldError

if TYPE_CHECKING:
    from reference_server.app.handlers.call import Call

MAX_BODY = 4 * 1024 * 1024  # bytes


def yank(call: Call, name: str, version: str | None = None, filename: str | None = None) -> Response:
    """Yank a version or a file."""
    reason = _text(_body(call), "reason") or ""
    owner = call.gitlab_project.id
    call.registry.yank(name, version=version, filename=filename, reason=reason, gitlab_project=owner)
    return Response(status=204)


def unyank(call: Call, name: str, version: str | None = None, filename: str | None = None) -> Response:
    """Undo a yank."""
    call.registry.unyank(name, version=version, filename=filename, gitlab_project=call.gitlab_project.id)
    return Response(status=204)


def set_status(call: Call, name: str) -> Response:
    """Set a project's status."""
    body = _body(call)
    status = _text(body, "status")
    if status not in set(Status):
        field = "status"
        raise InvalidFieldError(field)
    call.registry.set_status(
        name, Status(status), reason=_text(body, "reason"), gitlab_project=call.gitlab_project.id
    )
    return Response(status=204)


def attach_provenance(call: Call, name: str, filename: str) -> Response:
    """Attach a provenance object to a file."""
    call.registry.attach_provenance(name, filename, _body(call), gitlab_project=call.gitlab_project.id)
    return Response(status=204)


def remove_provenance(call: Call, name: str, filename: str) -> Response:
    """Remove a file's provenance object."""
    call.registry.attach_provenance(name, filename, None, gitlab_project=call.gitlab_project.id)
    return Response(status=204)


def delete(call: Call, name: str, version: str | None = None, filename: str | None = None) -> Response:
    """Delete a project, a version or a file."""
    require_deletable(call, name)
    call.registry.delete(name, version=version, filename=filename, gitlab_project=call.gitlab_project.id)
    return Response(status=204)


def _body(call: Call) -> dict[str, Any]:
    """Return the JSON object in the body, which may be empty. Raises `FileTooLargeError`, `MalformedJsonError`."""
    try:
        text = call.request.body.read(MAX_BODY + 1)
        if len(text) > MAX_BODY:
            raise FileTooLargeError
    except (OSError, ValueError) as error:
        raise MalformedJsonError from error
    return json_object(text or b"{}")


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not is_text(value):
        raise InvalidFieldError(name)
    return value
