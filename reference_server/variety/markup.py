"""HTML as a list of tags and texts that can be rewritten one by one without loss.

This reads what the server itself writes, and what variations make of it; it is no HTML parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATTRIBUTE = re.compile(r"""(\s+)([^\s=>/"']+)(?:(\s*=\s*)("[^"]*"|'[^']*'))?""")
_TOKEN = re.compile(
    rf"""(?P<text><!--.*?-->|<![^>]*>|[^<]+)|<(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)"""
    rf"""(?P<attributes>(?:{_ATTRIBUTE.pattern})*)(?P<end>\s*/?>)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; `value` as written, with its character references."""

    name: str
    value: str = ""
    before: str = " "
    equals: str = "="
    quote: str = '"'

    def __str__(self) -> str:
        return f"{self.before}{self.name}{self.equals}{self.quote}{self.value}{self.quote}"


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag or an end tag. `end` is its last characters."""

    name: str
    attributes: tuple[Attribute, ...] = ()
    closing: bool = False
    end: str = ">"

    def __str__(self) -> str:
        return f"<{'/' if self.closing else ''}{self.name}{''.join(map(str, self.attributes))}{self.end}"

    def opens(self, *names: str) -> bool:
        """Whether this is the start tag of one of these elements."""
        return not self.closing and self.name.lower() in names

    def closes(self, *names: str) -> bool:
        """Whether this is the end tag of one of these elements."""
        return self.closing and self.name.lower() in names

    def value(self, name: str) -> str:
        """Return an attribute's value as written, or an empty text."""
        return next((each.value for each in self.attributes if each.name.lower() == name), "")

    def with_value(self, name: str, value: str) -> Self:
        """Return the tag with another value of an existing attribute."""
        changed = (
            replace(each, value=value) if each.name.lower() == name else each for each in self.attributes
        )
        return replace(self, attributes=tuple(changed))


Token = Tag | str


def read(body: bytes) -> list[Token]:
    """Read a page in UTF-8."""
    return [_token(match) for match in _TOKEN.finditer(body.decode())]


def write(tokens: Iterable[Token]) -> bytes:
    """Write a page in UTF-8."""
    return "".join(map(str, tokens)).encode()


def _token(match: re.Match[str]) -> Token:
    if match["text"] is not None:
        return match["text"]
    found = (each.groups() for each in _ATTRIBUTE.finditer(match["attributes"]))
    attributes = (
        Attribute(name, quoted[1:-1], before, equals, quoted[:1])
        if quoted
        else Attribute(name, "", before, "", "")
        for before, name, equals, quoted in found
    )
    return Tag(match["name"], tuple(attributes), bool(match["closing"]), match["end"])
