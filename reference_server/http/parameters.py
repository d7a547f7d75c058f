"""The parameters of a request that changes something: JSON, or a form of either type."""

from __future__ import annotations

import io
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from reference_server.http.json_bodies import is_text, json_object
from reference_server.model.errors import FileTooLargeError, InvalidFieldError, MalformedFormError

if TYPE_CHECKING:
    from reference_server.http.request import Request

MAX_BODY = 1024 * 1024  # bytes
MAX_PARTS = 1000
E = TypeVar("E", bound=StrEnum)
TRUE, FALSE = {"true", "1", "on", "yes"}, {"false", "0", "off", "no", ""}


class Parameters:
    """The parameters by name. A list has several values: JSON's, or those of `name[]` in a form."""

    def __init__(self, values: MultiDict[str, Any], *, lists: frozenset[str] = frozenset()) -> None:
        self._values = values
        self._lists = lists

    def __contains__(self, name: str) -> bool:
        return name in self._values or f"{name}[]" in self._values

    def text(self, name: str, default: str = "") -> str:
        """Return a text. Raises `InvalidFieldError`."""
        value = self._values.get(name)
        if value is None:
            return default
        if not is_text(value) or name in self._lists:
            raise InvalidFieldError(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts. Raises `InvalidFieldError`."""
        found = [*self._values.getlist(name), *self._values.getlist(f"{name}[]")]
        if not all(isinstance(each, str) for each in found):
            raise InvalidFieldError(name)
        return tuple(found)

    def flag(self, name: str) -> bool:
        """Return a boolean in any of its spellings. Raises `InvalidFieldError`."""
        text = str(self._values.get(name, "")).lower()
        if text not in TRUE | FALSE:
            raise InvalidFieldError(name)
        return text in TRUE

    def number(self, name: str) -> int:
        """Return a number without a sign. Raises `InvalidFieldError`, for a missing one, too."""
        text = str(self._values.get(name, ""))
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise InvalidFieldError(name)
        return int(text)

    def choice(self, name: str, default: E) -> E:
        """Return a member of the default's enumeration. Raises `InvalidFieldError`."""
        try:
            return type(default)(self.text(name, default.value))
        except ValueError:
            raise InvalidFieldError(name) from None

    def day(self, name: str) -> date | None:
        """Return a day such as `2027-01-31`; a time after it is ignored. Raises `InvalidFieldError`."""
        text = self.text(name).strip()
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            raise InvalidFieldError(name) from None


def parameters(request: Request) -> Parameters:
    """Read the body, or the query where the body is empty.

    Raises `FileTooLargeError`, `MalformedJsonError` and `MalformedFormError`.
    """
    try:
        body = request.body.read(MAX_BODY + 1)
    except (OSError, HTTPException) as error:  # the client has left
        raise MalformedFormError from error
    if len(body) > MAX_BODY:
        raise FileTooLargeError
    if not body:
        return Parameters(request.args)
    if request.mimetype == "application/json":
        return _from_json(body)
    return Parameters(_from_form(request, body))


def _from_json(body: bytes) -> Parameters:
    values = {name: value for name, value in json_object(body).items() if value is not None}
    lists = frozenset(name for name, value in values.items() if isinstance(value, list))
    return Parameters(MultiDict(values), lists=lists)


def _from_form(request: Request, body: bytes) -> MultiDict[str, Any]:
    parser = FormDataParser(silent=False, max_form_memory_size=MAX_BODY, max_form_parts=MAX_PARTS)
    try:
        _, form, _ = parser.parse(io.BytesIO(body), request.mimetype, len(body), request.mimetype_params)
    except RequestEntityTooLarge as error:  # too many parts
        raise FileTooLargeError from error
    except (ValueError, KeyError, HTTPException) as error:
        raise MalformedFormError from error
    return form
