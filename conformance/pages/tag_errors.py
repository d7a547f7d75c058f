"""Errors within the tags of an HTML page, by the names that the HTML Living Standard gives them.

A parser that builds a tree recovers from these without a word. Source: HTML Living Standard, tokenization.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_REST = r"(?>[^>=]+|=\s*\"[^\"]*\"|=\s*'[^']*'|=)*+(?:>|\Z)"
"""The rest of a tag: a quoted value may have a `>` in it."""
_TOKEN = re.compile(
    r"<(?:!--.*?(?:--!?>|\Z)"
    rf"|(?P<closing>/?)(?P<name>[a-z][^\s/>]*)(?P<attributes>{_REST}))",
    re.IGNORECASE | re.DOTALL,
)
"""Comments and tags. What has no end goes on to the end of the page."""
_ATTRIBUTE = re.compile(
    r"(?P<before>[\s/]*)(?P<name>=?[^\s/>=]*)"
    r"(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>]*)))?"
)
_RIGHT = re.compile(
    r"(?>[\s/]+[^\s/>=\"'<]+(?>\s*=\s*(?>\"[^\"]*\"|'[^']*'|[^\s>\"'<=`]+))?)*+[\s/]*", re.DOTALL
)
"""Attributes without an error, but that one of several may be there twice."""
_OF_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements whose content is text."""
_ITS_OWN = frozenset({"applet", "caption", "marquee", "object", "td", "template", "th"})
"""Elements in which an anchor that is open around them does not count."""


_SEVERAL = 2
MOST_ERRORS = 20
"""How many errors of a page are named."""


def tag_errors(page: str) -> Iterator[str]:
    """Yield the place and the name of the first errors, in the order of the page."""
    return islice(_errors(page), MOST_ERRORS)


def _errors(page: str) -> Iterator[str]:
    is_open, end = False, 0
    for token in _TOKEN.finditer(page):
        name = (token["name"] or "").lower()
        if token.start() < end or not name:
            continue
        if token["closing"]:
            is_open &= name != "a"
            continue
        if name in _OF_TEXT:
            closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(page, token.end())
            end = closing.start() if closing else len(page)
        if name == "a" and is_open:
            yield f"{_place(page, token.start())}: unexpected-start-tag-implies-end-tag"
        is_open = name == "a" or (is_open and name not in _ITS_OWN)
        attributes = token["attributes"].removesuffix(">")
        if attributes.count("=") >= _SEVERAL or not _RIGHT.fullmatch(attributes):
            for code in _errors_of(attributes):
                yield f"{_place(page, token.start())}: {code}"


def _errors_of(attributes: str) -> Iterator[str]:
    seen: set[str] = set()
    at, quoted = 0, False
    while at < len(attributes):
        found = _ATTRIBUTE.match(attributes, at)
        if found is None or found.end() == at:
            return
        name = found["name"].lower()
        if name and quoted and not found["before"]:
            yield "missing-whitespace-between-attributes"
        if name.startswith("="):
            yield "unexpected-equals-sign-before-attribute-name"
        if not {'"', "'", "<"}.isdisjoint(name):
            yield "unexpected-character-in-attribute-name"
        if name and name in seen:
            yield "duplicate-attribute"
        if found["bare"] and not {'"', "'", "<", "=", "`"}.isdisjoint(found["bare"]):
            yield "unexpected-character-in-unquoted-attribute-value"
        seen.add(name)
        at, quoted = found.end(), found["double"] is not None or found["single"] is not None


def _place(page: str, at: int) -> str:
    line = page.count("\n", 0, at) + 1
    return f"line {line}, column {at - page.rfind(chr(10), 0, at)}"
