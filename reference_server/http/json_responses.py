"""Answers in JSON, and GitLab's form of each refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from werkzeug import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from reference_server.flavours.flavour import Refusal
from reference_server.flavours.reference import REFERENCE
from reference_server.model.errors import (
    FieldError,
    FileDamagedError,
    FileTooLargeError,
    ForbiddenError,
    InsufficientScopeError,
    NotAuthenticatedError,
    NotFoundError,
    PackageInvalidError,
    PolicyError,
    RegistryError,
    StoreFullError,
    StoreUnavailableError,
    UnprocessableError,
    UnsupportedEncodingError,
    UnusableTokenError,
    UpstreamError,
    UpstreamTimeoutError,
)

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour

LONGEST_PHRASE = 1000  # characters

ROUTER_TEXTS = {404: "404 Not Found", 405: "405 Not Allowed", 413: "413 Request Entity Too Large"}
STATUSES: dict[type[RegistryError], int] = {
    NotAuthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    FileTooLargeError: 413,
    UnsupportedEncodingError: 415,
    UnprocessableError: 422,
    FieldError: 400,
    PackageInvalidError: 400,
    PolicyError: 400,
    FileDamagedError: 500,
    StoreUnavailableError: 503,
    StoreFullError: 507,
    UpstreamTimeoutError: 504,
    UpstreamError: 502,
}


def json_answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(
        json.dumps(body, separators=(",", ":")), status=status, headers=headers, mimetype="application/json"
    )


def refusal(error: RegistryError, flavour: Flavour = REFERENCE, route: str = "") -> Response:
    """Answer for a refusal by the rules, in the words of a flavour."""
    usual = Refusal(error=RegistryError)
    written = next((each for each in flavour.refusals if each.covers(error, route)), usual)
    status = written.status or next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    challenge = flavour.challenge(error) if status == 401 else None
    headers = {"WWW-Authenticate": challenge} if challenge else None
    text = written.text.format(error)
    answer = json_answer(_body(error, text), status=status, headers=headers)
    if written.in_status_line:
        answer.status = f"{status} {_phrase(text.removeprefix(f'{status} '))}"
    return answer


def _phrase(text: str) -> str:
    """Return a text as a status line can have it: on one line, in ISO 8859-1, and not longer than clients read."""
    printable = "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))
    return printable[:LONGEST_PHRASE].encode("iso-8859-1", "replace").decode("iso-8859-1")


def _body(error: RegistryError, text: str) -> dict[str, str]:
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
