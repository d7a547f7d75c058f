"""The user names and passwords of a script: those of the environment, and those that checks make up.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import base64
import os
import re
from functools import cache
from html.entities import html5
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MODEL = "DEFAULT"
"""The variable of the credential that checks make others of."""

NOT_A_TOKEN = "conformance-not-a-token"  # noqa: S105 - it opens nothing

MADE_UP = {
    "BY_OWN_NAME": ("jane.doe", "{}"),
    "DOCUMENTED": ("__token__", "{}"),
    "EMPTY_PASSWORD": (NOT_A_TOKEN, ""),
    "JOB_WRONG": ("gitlab-ci-token", NOT_A_TOKEN),
    "NON_ASCII_USER_NAME": ("j\u00fcrgen-\u00df", "p\u00e4ssw\u00f6rd-\u20ac-conformance"),
    "PADDED": ("__token__", " {}\r\n"),
    "PERCENT_ENCODED": ("jane.doe%40example.com", "{}"),
    "PERSON": ("conformance-person", NOT_A_TOKEN),
    "UNKNOWN_USER_NAME": ("user-of-no-account", "{}"),
    "UTF8": ("j\u00fcrgen", "{}"),
    "WRONG": ("__token__", NOT_A_TOKEN),
}
"""User name and password of what checks make up, by variable; `{}` is the token of DEFAULT."""

ALMOST: dict[str, Callable[[str], str]] = {
    "IN_OTHER_CASE": str.swapcase,
    "LEFT_OUT": lambda _: "",
    "LOWER_CASE": str,  # of its scheme
    "WITH_ONE_LESS": lambda token: token[:-1],
    "WITH_ONE_MORE": lambda token: f"{token}x",
}
"""What checks make of the token of DEFAULT, under its user name."""


LEAST_ANYWHERE = 6
"""The length from which a password is hidden within words, too; a shorter one is so as a word of its own."""

LATIN1, UTF8 = "LATIN1", "UTF8"
"""The second one, sent in another encoding."""


def missing(names: Collection[str], configured: Collection[str]) -> list[str]:
    """Return the variables that have to be set for these credentials; `configured` are those of the registry."""
    wanted = {UTF8 if name == LATIN1 else name for name in names} - os.environ.keys()
    made = {name for name in wanted if name not in configured and (name in MADE_UP or name in ALMOST)}
    of_model = any(name in ALMOST or "{}" in MADE_UP[name][1] for name in made)
    return sorted((wanted - made) | ({MODEL} - os.environ.keys() if of_model else set()))


def login(name: str) -> tuple[str, str]:
    """Return user name and password. The environment has them, or that of DEFAULT, which they are made of."""
    name = UTF8 if name == LATIN1 else name
    user, _, password = os.environ.get(name, os.environ.get(MODEL, "")).partition(":")
    token = password or user
    if name in os.environ:
        return user, password
    if name in ALMOST:
        almost = ALMOST[name](token)
        return (user, almost) if password else (almost, "")
    user, password = MADE_UP[name]
    return user, password.format(token)


def authorization(step: dict[str, Any]) -> list[list[str]]:
    """Return the header field of the credential: user name and password for Basic, else the password."""
    user, password = login(step["credential"])
    name, scheme = step["login"]
    if scheme.lower() == "basic":
        encoding = "latin-1" if step["credential"] == LATIN1 else "utf-8"
        both = base64.b64encode(f"{user}:{password}".encode(encoding)).decode()
        return [[name, f"{scheme} {both}"]]
    return [[name, f"{scheme} {password}".strip()]]


def without_secrets(content: bytes, names: Collection[str]) -> bytes:
    """Return the content of an answer with the secrets of these variables hidden, as in the earlier answer."""
    return hidden(content.decode("utf-8", "surrogateescape"), names).encode("utf-8", "surrogateescape")


def hidden(text: str, names: Collection[str]) -> str:
    """Return a text with the passwords of these variables hidden, and with user names that have none."""
    pairs = (os.environ.get(name, "").partition(":") for name in names)
    secrets = {password or user for user, _, password in pairs} - {""}
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(pattern_of(secret), "***", text)
    return text


@cache
def pattern_of(secret: str) -> str:
    """Return a pattern of a secret in any spelling: escaped for URLs, HTML or JSON, and a long one in any case."""
    spelled = "".join(map(ways_of, secret))
    if len(secret) >= LEAST_ANYWHERE:
        return f"(?i:{spelled})"
    return rf"(?:(?<![\w-])|(?<=%3[aA])){spelled}(?![\w-])"


def ways_of(character: str) -> str:
    """Return a pattern of a character as it is, and escaped."""
    if re.fullmatch("[A-Za-z0-9]", character):
        return character
    number, sent = ord(character), character.encode("utf-8", "surrogateescape")
    ways = [
        r"\\*" + re.escape(character),
        "".join(f"%(?:25)*(?i:{byte:02x})" for byte in sent),
        rf"\\+u(?i:{number:04x})",
        rf"&(?:amp;)*#(?:0*{number}|[xX]0*(?i:{number:x}));",
        *(f"&(?:amp;)*{name}" for name, text in html5.items() if text == character and name[-1] == ";"),
    ]
    return f"(?:{'|'.join(ways)})"
