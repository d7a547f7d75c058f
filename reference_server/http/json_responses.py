"""Answers in JSON, and GitLab's form of each refusal."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from reference_server.model.errors import (
    FieldError,
    FileTooLargeError,
    ForbiddenError,
    InsufficientScopeError,
    NotAuthenticatedError,
    NotFoundError,
    PackageInvalidError,
    PolicyError,
    RegistryError,
    UnsupportedEncodingError,
    UnusableTokenError,
)

CHALLENGE = 'Basic realm="GitLab Packages Registry"'
ROUTER_TEXTS = {404: "404 Not Found", 405: "405 Not Allowed", 413: "413 Request Entity Too Large"}
STATUSES: dict[type[RegistryError], int] = {
    NotAuthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    FileTooLargeError: 413,
    UnsupportedEncodingError: 415,
    FieldError: 400,
    PackageInvalidError: 400,
    PolicyError: 400,
}


def json_answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(
        json.dumps(body, separators=(",", ":")), status=status, headers=headers, mimetype="application/json"
    )


def refusal(error: RegistryError) -> Response:
    """Answer for a refusal by the rules."""
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else None
    return json_answer(_body(error), status=status, headers=headers)


def _body(error: RegistryError) -> dict[str, str]:
    text = str(error)
    if isinstance(error, UnusableTokenError):
        return {"error": "invalid_token", "error_description": text}
    if isinstance(error, InsufficientScopeError):
        return {"error": "insufficient_scope", "error_description": text, "scope": " ".join(error.scopes)}
    return {"error" if isinstance(error, FieldError) else "message": text}


def router_refusal(error: HTTPException) -> Response:
    """Answer for a request without a route."""
    status = error.code or 400
    answer = json_answer({"error": ROUTER_TEXTS.get(status, f"{status} {error.name}")}, status=status)
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = _allowed(error)
    return answer


def options(error: MethodNotAllowed) -> Response:
    """Answer OPTIONS for any route."""
    return Response(status=204, headers={"Allow": _allowed(error)})


def _allowed(error: MethodNotAllowed) -> str:
    return ", ".join(sorted({*(error.valid_methods or ()), "OPTIONS"}))
