"""JSON objects in the bodies of requests."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

from reference_server.model.errors import FieldError


class MalformedJsonError(FieldError):
    """The body is not a JSON object."""

    message = "request body is not a JSON object"


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises `MalformedJsonError`."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError from error
    if not isinstance(found, dict):
        raise MalformedJsonError
    return found


def is_text(value: object) -> TypeGuard[str]:
    """Return whether a value is a string without lone surrogates, which JSON can contain but UTF-8 cannot."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)
