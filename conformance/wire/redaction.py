"""Removes secrets from everything that is stored or printed."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from html.entities import html5
from typing import TYPE_CHECKING

from conformance.wire.presigned import MASK, hide_presigned, hide_presigned_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized

LEAST_ANYWHERE = 6
"""The length from which a secret is unlikely to occur within a word by chance."""

LEAST_SHOWN = 8
"""The length from which the beginning of a secret has to be hidden, too."""

ENCODINGS = ("utf-8", "latin-1")
"""How user names and passwords are sent (RFC 7617, 2.1)."""

LEAST_ENCODED = 10
"""The length from which Base64 is unlikely to match by chance."""

PIECE = 6
"""Letters of a piece of a word: so many are seldom in a text by chance."""

_ENDS_A_VALUE = re.compile(r"[\s'\"`<>&?#]+")
"""The characters at which a parser of HTML or of URLs may cut a value."""

_FOLD = r"(?:\s*\n\s*)?"
_PADDING = r"(?:=|%(?:25)*3[dD]){0,2}"
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_APOSTROPHES_IN_A_SHELL = ("'\"'\"'", r"'\''")


@dataclass(frozen=True)
class _Secret:
    """A secret, and what HTTP Basic has before and after it."""

    text: str
    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, username: str, password: str) -> _Secret:
        return cls(password, before=f"{username}:") if password else cls(username, after=":")

    @property
    def pair(self) -> str:
        return f"{self.before}{self.text}{self.after}"

    @property
    def basics(self) -> list[str]:
        """The values of a Basic header in UTF-8 and in Latin-1, without the padding."""
        pairs = (self.pair.encode(encoding, errors="replace") for encoding in ENCODINGS)
        return [b64encode(pair).decode().rstrip("=") for pair in dict.fromkeys(pairs)]

    @property
    def least_of_a_basic(self) -> int:
        """How many characters at the beginning of a Basic header's value are too many to show."""
        return LEAST_SHOWN + len(self.before.removesuffix(":")) * 8 // 6 + 1


class Redactor:
    r"""Replaces passwords, and tokens that are user names, by `***` in every spelling.

    Takes pairs of user name and password; a pair without a password stands for a user name that is a secret. Finds a
    secret in plain text in any case of its letters, with any sign escaped once or twice for URLs, HTML, XML, JSON,
    Python or a shell, and in Base64, alone or within more, as in a Basic header (RFC 7617). A line break may split it:
    clients wrap a registry's answers at the width of the terminal. At the end of a truncated text, the larger half of
    a password is enough, and so is each part of eight characters between those at which markup and URLs end a value,
    such as an apostrophe. A very short password is found only as a word of its own, as in a URL; its letters within
    another word are no secret.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        known = {_Secret.of(*pair) for pair in secrets if any(pair)}
        self._known = sorted(known, key=lambda secret: (-len(secret.text), -len(secret.pair)))

    def __call__(self, text: str) -> str:
        """Return `text` without secrets, those of presigned URLs among them."""
        return hide_presigned(self._pattern.sub(MASK, text) if self._may_hold_a_secret(text) else text)

    def values(self, table: Mapping[str, str]) -> dict[str, str]:
        """Return the same table, with values without secrets."""
        known = hide_presigned_values({key: self._fields.get(value, value) for key, value in table.items()})
        if not self._may_hold_a_secret("\n".join(known.values())):
            return known
        return {key: self(value) for key, value in known.items()}

    @cached_property
    def _fields(self) -> dict[str, str]:
        """What the fields of a header become that are just a credential, as those of most requests."""
        fields = {secret.text: MASK for secret in self._known}
        for secret in self._known:
            for basic in secret.basics:
                fields[f"Basic {basic}{'=' * (-len(basic) % 4)}"] = f"Basic {MASK}"
        return fields

    def _may_hold_a_secret(self, text: str) -> bool:
        """Look for words that every spelling of a secret has: much faster than to look for each spelling."""
        unbroken = "".join(text.split()).lower()
        for piece in self._pieces:
            if piece in unbroken:
                return any(word in unbroken for word in self._words)
        return False

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        """Pieces of words, one at least of each: a few of them stand for all, and most texts have none."""
        counted = Counter(piece for word in self._words for piece in _pieces_of(word))
        found: list[str] = []
        for word in sorted(self._words):
            if not any(piece in word for piece in found):
                found.append(max(sorted(_pieces_of(word)), key=counted.__getitem__))
        return tuple(found)

    @cached_property
    def _words(self) -> frozenset[str]:
        """The longest word of each form of a secret."""
        found = {_longest_word(form) for form in _within(self._known)}
        for secret in self._known:
            found.add(_longest_word(secret.text[: _least_of_a_password(secret.text)]))
            found.update(_longest_word(basic[: secret.least_of_a_basic]) for basic in secret.basics)
            found.update(map(_longest_word, _cut(secret.text)))
        return frozenset(found)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The pattern of all spellings. It is compiled when a text may hold a secret, as that takes 0.1 s."""
        known = self._known
        plain = [_spelled_out(secret.text) for secret in known]
        basics = [(secret, _spelled_out_in_base64(basic)) for secret in known for basic in secret.basics]
        # The longest first: one may begin with another, as a user name may be a secret, too.
        basics.sort(key=lambda pair: -len(pair[1]))
        names = {f"{secret.text}:" for secret in known}
        begun = [_beginning(form, secret.least_of_a_basic, goes_on=r"\w+/-") for secret, form in basics]
        wholes = [*map(_whole, plain)]
        for (secret, form), beginning in zip(basics, begun, strict=True):
            wholes += [_FOLD.join(form) + _PADDING, *([beginning] if secret.before in names else [])]
        parts = [
            *("".join(_spelled_out_in_base64(form)) for form in _within(known)),
            # A parser writes names of attributes in lower case.
            *(f"(?i:{''.join(_spelled_out(piece))})" for secret in known for piece in _cut(secret.text)),
            *(
                f"(?i:{_beginning(form, _least_of_a_password(form))})"
                for form in plain
                if len(form) >= LEAST_ANYWHERE
            ),
            *begun,
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
        return f"(?i:{_FOLD.join(form)})"
    return rf"(?:(?<![\w-])|(?<=%3[aA])){_FOLD.join(form)}(?![\w-])"


def _least_of_a_password(form: Sized) -> int:
    """Return how many characters at the beginning of a password are too many to show."""
    return max(LEAST_SHOWN, (len(form) + 1) // 2)


def _longest_word(form: str) -> str:
    """Return the longest run of letters and digits, which no spelling of a form alters, in lower case."""
    return max(_WORD.findall(form), key=len, default="").lower()


def _pieces_of(word: str) -> frozenset[str]:
    """Return all pieces of a word; a short word is its only piece."""
    return frozenset(word[start : start + PIECE] for start in range(max(1, len(word) - PIECE + 1)))


def _beginning(form: list[str], least: int, *, goes_on: str = r"\w-") -> str:
    """Return a pattern of the first `least` characters of a secret or more, up to one that is none of a word."""
    return "".join((*form[:least], *(f"(?:{each})?" for each in form[least:]), f"(?![{goes_on}])"))


def _cut(password: str) -> list[str]:
    """Return the long parts of a password that a parser may cut out of it."""
    parts = _ENDS_A_VALUE.split(password)
    return [part for part in parts if len(part) >= LEAST_SHOWN] if len(parts) > 1 else []


def _within(secrets: Sequence[_Secret]) -> list[str]:
    """Return the Base64 of each secret, and of each value of a Basic header, at every offset within more text."""
    forms: set[str] = set()
    for secret in secrets:
        texts = {secret.text.encode(encoding, errors="replace") for encoding in ENCODINGS}
        for text in (*texts, *(basic.encode() for basic in secret.basics)):
            forms.update(_at_every_offset(text))
    return sorted((form for form in forms if len(form) >= LEAST_ENCODED), key=len, reverse=True)


def _at_every_offset(secret: bytes) -> Iterator[str]:
    """Yield the characters of Base64 that depend on a secret alone, wherever it begins in a group of three bytes."""
    for before in range(3):  # bytes, of which three make four characters
        text = b64encode(bytes(before) + secret).decode()
        yield text[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]


def _spelled_out(secret: str) -> list[str]:
    """Return a pattern of each character of a secret. What leaves out those beyond ASCII has the rest of it."""
    is_left = sum(map(str.isascii, secret)) >= LEAST_ANYWHERE
    return [
        _spelled(character) + ("?" if is_left and not character.isascii() else "") for character in secret
    ]


def _spelled(character: str) -> str:
    """Return a pattern of all spellings of a character of a secret."""
    if _NEVER_ESCAPED.fullmatch(character):
        return character
    number = ord(character)
    bytes_ = character.encode("utf-8", errors="surrogatepass")
    names = _entities()[character] if character != "&" else ()
    ways = [
        *(re.escape(each) for each in _APOSTROPHES_IN_A_SHELL if character == "'"),
        rf"\\+u(?i:{_units(character)})",
        r"\\+x".join(["", *(f"(?i:{byte:02x})" for byte in bytes_)]),
        r"%(?:25)*".join(["", *(f"(?i:{byte:02x})" for byte in bytes_)]),
        rf"&(?:amp;)*#(?:0*{number}|[xX]0*(?i:{number:x}));",
        *("&(?:amp;)*" + re.escape(each) for each in names),
        *(["&(?:amp;)+"] if character == "&" else []),
        *([r"\+"] if character == " " else []),
    ]
    if not character.isascii():
        ways += [re.escape(bytes_.decode("latin-1")), "\N{REPLACEMENT CHARACTER}", r"\?"]
        ways += [rf"%(?:25)*(?i:{number:02x})", rf"\\+x(?i:{number:02x})"] if number < 0x100 else []
    ways.append(r"\\+" if character == "\\" else r"\\*" + re.escape(character))
    return f"(?:{'|'.join(ways)})"


@cache
def _entities() -> Mapping[str, Sequence[str]]:
    """Return the names that HTML has for each character, with their semicolons."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, text in sorted(html5.items()):
        if name.endswith(";"):
            found[text].append(name)
    return found


def _units(character: str) -> str:
    """Return a character as JSON escapes it in UTF-16 (RFC 8259, 7), with surrogates if needed."""
    digits = character.encode("utf-16-be", errors="surrogatepass").hex()
    return r"\\+u".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _spelled_out_in_base64(form: str) -> list[str]:
    """Return a pattern of each character of a form in Base64."""
    return [_spelled_in_base64(character) for character in form]


def _spelled_in_base64(character: str) -> str:
    """Return a pattern of a character of Base64 or of its alphabet for URLs (RFC 4648, 4 and 5)."""
    other = {"+": "-", "/": "_"}.get(character)
    return f"(?:{_spelled(character)}|{other})" if other else character
