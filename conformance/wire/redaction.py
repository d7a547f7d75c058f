"""Keeps secrets out of everything that is kept or shown."""

from __future__ import annotations

import re
from base64 import b64encode
from html.entities import codepoint2name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"

LEAST_ANYWHERE = 6
"""Characters from which on a secret does not come together by chance within a word."""

LEAST_SHOWN = 8
"""Characters from which on the beginning of a secret is a secret."""

LEAST_ENCODED = 10
"""Characters of Base64 that do not come together by chance."""

_FOLD = r"(?:\s*\n\s*)?"
_PADDING = r"(?:=|%(?:25)*3[dD]){0,2}"
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9]")
_APOSTROPHES_IN_A_SHELL = ("'\"'\"'", r"'\''")


class Redactor:
    r"""Replaces passwords by `***`, however they are spelled.

    Takes pairs of user name and password. A password is found as it is, with any of its characters escaped
    for URLs, HTML, XML, JSON, Python or a shell, or twice so; and in Base64, alone or as part of more, as in a
    Basic header (RFC 7617). A line break may split it: clients fold what a registry answers at the width of a
    terminal. Where a text was cut, the larger half of a password counts as one. A very short password is found
    as a word of its own only, such as in a URL: within others its letters are no secret.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        known = sorted({pair for pair in secrets if pair[1]}, key=lambda pair: -len(pair[1]))
        plain = [[_spelled(character) for character in password] for _, password in known]
        basic = [[_spelled_in_base64(character) for character in _basic(*pair)] for pair in known]
        within = [[_spelled_in_base64(character) for character in form] for form in _within(known)]
        wholes = [*map(_whole, plain), *(_FOLD.join(form) + _PADDING for form in basic)]
        named = [len(username) * 8 // 6 + 1 for username, _ in known]
        parts = [
            *map("".join, within),
            *(_beginning(form, (len(form) + 1) // 2) for form in plain if len(form) >= LEAST_ANYWHERE),
            *(_beginning(form, least + LEAST_SHOWN) for form, least in zip(basic, named, strict=True)),
        ]
        pattern = _any_of([*wholes, *parts])
        self._pattern = re.compile(pattern) if pattern else None

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _any_of(patterns: list[str]) -> str:
    """Return one pattern of several, the first that fits: put together by the letter that they begin with.

    Most texts have none of them, and one look at a letter tells that.
    """
    first: dict[str, list[str]] = {}
    for pattern in patterns:
        letter = pattern[0] if _NEVER_ESCAPED.match(pattern) else ""
        first.setdefault(letter, []).append(pattern[len(letter) :])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in sorted(first.items(), reverse=True))


def _whole(form: list[str]) -> str:
    """Return a pattern of a whole password: anywhere, or where it is very short as a word or after an escaped colon."""
    if len(form) >= LEAST_ANYWHERE:
        return _FOLD.join(form)
    return rf"(?:(?<![\w-])|(?<=%3[aA])){_FOLD.join(form)}(?![\w-])"


def _beginning(form: list[str], least: int) -> str:
    """Return a pattern of at least so much of a secret, from its first letter, with no further word glued to it."""
    least = max(LEAST_SHOWN, least)
    return "".join((*form[:least], *(f"(?:{each})?" for each in form[least:]), r"(?![\w-])"))


def _basic(username: str, password: str) -> str:
    """Return what a Basic header has of a pair, without the padding."""
    return b64encode(f"{username}:{password}".encode()).decode().rstrip("=")


def _within(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return what Base64 makes of each password wherever it stands in more, and of pairs in Latin-1."""
    forms: set[str] = set()
    for username, password in pairs:
        forms.add(b64encode(f"{username}:{password}".encode("latin-1", errors="replace")).decode())
        for encoding in ("utf-8", "latin-1"):
            secret = password.encode(encoding, errors="replace")
            for before in range(3):  # bytes, of which three make four characters
                text = b64encode(bytes(before) + secret).decode()
                forms.add(text[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6])
    return sorted((form for form in forms if len(form) >= LEAST_ENCODED), key=len, reverse=True)


def _spelled(character: str) -> str:
    """Return a pattern of all ways to write a character of a secret."""
    if _NEVER_ESCAPED.fullmatch(character):
        return character
    number, name = ord(character), codepoint2name.get(ord(character))
    bytes_ = character.encode("utf-8", errors="surrogatepass")
    names = {f"&{name};"} if name and character != "&" else set()
    names |= {"&apos;"} if character == "'" else set()
    ways = [
        *(re.escape(each) for each in _APOSTROPHES_IN_A_SHELL if character == "'"),
        rf"\\+u(?i:{_units(character)})",
        r"\\+x".join(["", *(f"(?i:{byte:02x})" for byte in bytes_)]),
        r"%(?:25)*".join(["", *(f"(?i:{byte:02x})" for byte in bytes_)]),
        rf"&(?:amp;)*#(?:0*{number}|[xX]0*(?i:{number:x}));",
        *("&(?:amp;)*" + re.escape(each[1:]) for each in sorted(names)),
        *(["&(?:amp;)+"] if character == "&" else []),
        *([r"\+"] if character == " " else []),
    ]
    if not character.isascii():
        ways += [re.escape(bytes_.decode("latin-1")), "\N{REPLACEMENT CHARACTER}", r"\?"]
        ways += [rf"%(?:25)*(?i:{number:02x})", rf"\\+x(?i:{number:02x})"] if number < 0x100 else []
    ways.append(r"\\+" if character == "\\" else r"\\*" + re.escape(character))
    return f"(?:{'|'.join(ways)})"


def _units(character: str) -> str:
    """Return a character in hexadecimal digits as JSON escapes it (RFC 8259, 7): in UTF-16, two units where needed."""
    digits = character.encode("utf-16-be", errors="surrogatepass").hex()
    return r"\\+u".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _spelled_in_base64(character: str) -> str:
    """Return a pattern of a character of Base64 or of its alphabet for URLs (RFC 4648, 4 and 5)."""
    other = {"+": "-", "/": "_"}.get(character)
    return f"(?:{_spelled(character)}|{other})" if other else character
