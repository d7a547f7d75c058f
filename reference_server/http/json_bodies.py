"""JSON objects in the bodies of requests."""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard

from reference_server.model.errors import FieldError


class MalformedJsonError(FieldError):
    """The body is not a JSON object."""

    message = "request body is not a JSON object"


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises `MalformedJsonError`."""
    try:
        found = json.loads(content, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError from error
    if not isinstance(found, dict):
        raise MalformedJsonError
    return found


def _finite(text: str) -> float:
    """Read a number. JSON has no infinity, which `1e400` would become."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number of JSON")
    return number


def is_text(value: object) -> TypeGuard[str]:
    """Return whether a value is a string without lone surrogates, which JSON can contain but UTF-8 cannot."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)
