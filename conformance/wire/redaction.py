"""Removes secrets from everything that is stored or printed."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cached_property
from html.entities import codepoint2name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sized

MASK = "***"

LEAST_ANYWHERE = 6
"""The length from which a secret is unlikely to occur within a word by chance."""

LEAST_SHOWN = 8
"""The length from which the beginning of a secret has to be hidden, too."""

LEAST_ENCODED = 10
"""The length from which Base64 is unlikely to match by chance."""

_ENDS_A_VALUE = re.compile(r"[\s'\"`<>&?#]+")
"""The characters at which a parser of HTML or of URLs may cut a value."""

_FOLD = r"(?:\s*\n\s*)?"
_PADDING = r"(?:=|%(?:25)*3[dD]){0,2}"
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_APOSTROPHES_IN_A_SHELL = ("'\"'\"'", r"'\''")


class Redactor:
    r"""Replaces passwords by `***` in every spelling.

    Takes pairs of user name and password. Finds a password in plain text, with any character escaped once or
    twice for URLs, HTML, XML, JSON, Python or a shell, and in Base64, alone or within more, as in a Basic header
    (RFC 7617). A line break may split it: clients wrap a registry's answers at the width of the terminal. At
    the end of a truncated text, the larger half of a password is enough, and so is each part of eight characters
    between those at which markup and URLs end a value, such as an apostrophe. A very short password is found only as
    a word of its own, as in a URL; its letters within another word are no secret.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._known = sorted({pair for pair in secrets if pair[1]}, key=lambda pair: -len(pair[1]))

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._pattern.sub(MASK, text) if self._may_hold_a_secret(text) else text

    def values(self, table: Mapping[str, str]) -> dict[str, str]:
        """Return the same table, with values without secrets."""
        known = {key: self._fields.get(value, value) for key, value in table.items()}
        if not self._may_hold_a_secret("\n".join(known.values())):
            return known
        return {key: self(value) for key, value in known.items()}

    @cached_property
    def _fields(self) -> dict[str, str]:
        """What the fields of a header become that are just a credential, as those of most requests."""
        fields = {password: MASK for _, password in self._known}
        for username, password in self._known:
            for encoding in ("utf-8", "latin-1"):
                pair = f"{username}:{password}".encode(encoding, errors="replace")
                fields[f"Basic {b64encode(pair).decode()}"] = f"Basic {MASK}"
        return fields

    def _may_hold_a_secret(self, text: str) -> bool:
        """Look for words that every spelling of a secret has: much faster than to look for each spelling."""
        unbroken = "".join(text.split()).lower()
        return any(word in unbroken for word in self._words)

    @cached_property
    def _words(self) -> frozenset[str]:
        """The longest word of each form of a secret."""
        found = {_longest_word(form) for form in _within(self._known)}
        for username, password in self._known:
            found.add(_longest_word(password[: _least_of_a_password(password)]))
            found.add(_longest_word(_basic(username, password)[: _least_of_a_basic(username)]))
            found.update(map(_longest_word, _cut(password)))
        return frozenset(found)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The pattern of all spellings. It is compiled when a text may hold a secret, as that takes 0.1 s."""
        known = self._known
        plain = [[_spelled(character) for character in password] for _, password in known]
        basic = [[_spelled_in_base64(character) for character in _basic(*pair)] for pair in known]
        within = [[_spelled_in_base64(character) for character in form] for form in _within(known)]
        wholes = [*map(_whole, plain), *(_FOLD.join(form) + _PADDING for form in basic)]
        cut = [
            [_spelled(character) for character in piece] for _, password in known for piece in _cut(password)
        ]
        parts = [
            *map("".join, within),
            *(f"(?i:{''.join(form)})" for form in cut),  # a parser writes names of attributes in lower case
            *(_beginning(form, _least_of_a_password(form)) for form in plain if len(form) >= LEAST_ANYWHERE),
            *(
                _beginning(form, _least_of_a_basic(name))
                for form, (name, _) in zip(basic, known, strict=True)
            ),
        ]
        return re.compile(_any_of([*wholes, *parts]))


def _any_of(patterns: list[str]) -> str:
    """Return one pattern for all, grouped by their first letter.

    Most texts match none, and the first letter decides that quickly.
    """
    first: dict[str, list[str]] = {}
    for pattern in patterns:
        letter = pattern[0] if _NEVER_ESCAPED.match(pattern) else ""
        first.setdefault(letter, []).append(pattern[len(letter) :])
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in sorted(first.items(), reverse=True))


def _whole(form: list[str]) -> str:
    """Return a pattern of a whole password. A very short one matches only as a word or after an escaped colon."""
    if len(form) >= LEAST_ANYWHERE:
        return _FOLD.join(form)
    return rf"(?:(?<![\w-])|(?<=%3[aA])){_FOLD.join(form)}(?![\w-])"


def _least_of_a_password(form: Sized) -> int:
    """Return how many characters at the beginning of a password are too many to show."""
    return max(LEAST_SHOWN, (len(form) + 1) // 2)


def _least_of_a_basic(username: str) -> int:
    """Return how many characters at the beginning of a Basic header's value are too many to show."""
    return LEAST_SHOWN + len(username) * 8 // 6 + 1


def _longest_word(form: str) -> str:
    """Return the longest run of letters and digits, which no spelling of a form alters, in lower case."""
    return max(_WORD.findall(form), key=len, default="").lower()


def _beginning(form: list[str], least: int) -> str:
    """Return a pattern of the first `least` characters of a secret or more, up to the end of a word."""
    return "".join((*form[:least], *(f"(?:{each})?" for each in form[least:]), r"(?![\w-])"))


def _cut(password: str) -> list[str]:
    """Return the long parts of a password that a parser may cut out of it."""
    parts = _ENDS_A_VALUE.split(password)
    return [part for part in parts if len(part) >= LEAST_SHOWN] if len(parts) > 1 else []


def _basic(username: str, password: str) -> str:
    """Return the value of a Basic header for a pair, without the padding."""
    return b64encode(f"{username}:{password}".encode()).decode().rstrip("=")


def _within(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the Base64 of each password at every offset within more text, and of pairs in Latin-1."""
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
    """Return a pattern of all spellings of a character of a secret."""
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
    """Return a character as JSON escapes it in UTF-16 (RFC 8259, 7), with surrogates if needed."""
    digits = character.encode("utf-16-be", errors="surrogatepass").hex()
    return r"\\+u".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _spelled_in_base64(character: str) -> str:
    """Return a pattern of a character of Base64 or of its alphabet for URLs (RFC 4648, 4 and 5)."""
    other = {"+": "-", "/": "_"}.get(character)
    return f"(?:{_spelled(character)}|{other})" if other else character
