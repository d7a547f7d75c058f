"""The redactor, and the reports' own look, against ways to write a secret that their code does not share."""

from __future__ import annotations

import json
import shlex
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

from conformance.pages import read_html
from conformance.wire import Redactor
from conformance.wire.credential_patterns import hide_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

USERNAME = "us er"
SECRET = "ka'n\"a<r>i&7 %/\\+=?#@:;$(x)`!é end-of.it_~"
TOKEN = "glpat-x7Kq2mWv9TzR4bNcY8hs"
JSON_WEB_TOKEN = "eyJhbGciOiJSUzI1NiJ9." + "kanari.7-_" * 120

OTHERS = {
    "twice in HTML": SECRET.replace("&", "&amp;").replace("<", "&lt;").replace("&", "&amp;"),
    "numbers in HTML": "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in SECRET),
    "JSON in JSON": json.dumps(json.dumps(SECRET))[3:-3],
    "a form": quote_plus(SECRET),
    "Latin-1 in a URL": quote(SECRET, safe="", encoding="latin-1"),
    "lower case in a URL": quote(SECRET, safe="").replace("%2F", "%2f").replace("%3C", "%3c"),
    "bytes in Python": repr(SECRET.encode())[2:-1],
    "UTF-8 read as Latin-1": SECRET.encode().decode("latin-1"),
    "Latin-1 read as UTF-8": SECRET.encode("latin-1").decode(errors="replace"),
    "broken in lines": "\n    ".join(SECRET),
    "a word of a shell": shlex.quote(SECRET)[1:-1],
    "an escaped apostrophe of a shell": SECRET.replace("'", r"'\''"),
    "Basic in Latin-1": b64encode(f"{USERNAME}:{SECRET}".encode("latin-1")).decode(),
    "Base64 for URLs": urlsafe_b64encode(f"{USERNAME}:{SECRET}".encode()).decode(),
}


def test_every_spelling_of_a_registry_is_taken_out(spellings: Callable[[str, str], list[str]]) -> None:
    redact = Redactor([("another", "one"), (USERNAME, SECRET)])
    left = [redact(f"before {form} after") for form in spellings(USERNAME, SECRET)]
    assert [text for text in left if any(word in text for word in ("ka", "n'", "end", "a2E", "ZW5k"))] == []
    assert all(text.startswith("before ") and text.endswith(" after") for text in left)


@pytest.mark.parametrize("form", OTHERS.values(), ids=OTHERS)
def test_a_spelling_that_is_seldom_is_taken_out(form: str) -> None:
    assert Redactor([(USERNAME, SECRET)])(f"before {form} after") == "before *** after"


@pytest.mark.parametrize(
    "sign", ["\N{KELVIN SIGN}", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\N{LATIN SMALL LETTER LONG S}"]
)
def test_a_sign_whose_lower_case_is_a_letter_of_ascii_is_taken_out(sign: str) -> None:
    secret = f"kanari-{sign}-of-it"
    redact = Redactor([(USERNAME, secret)])
    assert [redact(form) for form in (secret, quote(secret), json.dumps(secret)[1:-1])] == ["***"] * 3


WITH_APOSTROPHE = "sixteen-of-these'and-Twenty-One-of-thosE"


@pytest.mark.parametrize(
    "page",
    [
        f"<a href='/?token={WITH_APOSTROPHE}'>x</a>",
        f'<a title="{WITH_APOSTROPHE.replace(chr(39), chr(34))}">x</a>',
        f"<a data-yanked={WITH_APOSTROPHE.replace(chr(39), ' ')}>x</a>",
        f"<a href=x>{WITH_APOSTROPHE.replace(chr(39), '<')}</a>",
    ],
    ids=["apostrophe", "quotation mark", "blank", "tag"],
)
def test_no_part_of_a_secret_that_markup_cuts_is_left(page: str) -> None:
    (cut_at,) = set("'\"< ") & set(page.partition("sixteen-of-these")[2][0])
    redact = Redactor([(USERNAME, WITH_APOSTROPHE.replace("'", cut_at))])
    document = read_html(page)
    found = redact(repr([(*anchor.attributes.items(), anchor.text) for anchor in document.anchors]))
    for part in ("sixteen", "twenty", "those"):
        assert part not in redact(page).lower()
        assert part not in found.lower()


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_secret_within_something_encoded_is_taken_out(before: str) -> None:
    encoded = b64encode(f"{before}{TOKEN} and more".encode()).decode()
    inner = b64encode(TOKEN[3:-3].encode()).decode()
    redacted = Redactor([(USERNAME, TOKEN)])(encoded)
    assert "***" in redacted
    assert len(redacted) < len(encoded) - len(inner) + len("***")


@pytest.mark.parametrize("length", range(len(TOKEN) // 2 + 1, len(TOKEN)))
@pytest.mark.parametrize("cut", ["", "…", "'", "\n  where    there", " "])
def test_the_larger_half_of_a_secret_is_taken_out_where_a_text_was_cut(cut: str, length: int) -> None:
    assert Redactor([(USERNAME, TOKEN)])(f"before {TOKEN[:length]}{cut}") == f"before ***{cut}"


def test_another_token_of_the_same_kind_is_left_alone() -> None:
    redact = Redactor([(USERNAME, TOKEN), (USERNAME, "reference-api-token"), (USERNAME, "password")])
    for text in (
        "glpat-Hc27",
        "reference-divergence",
        "a reference",
        "pass",
        "reference server",
        "passwords!"[:6],
    ):
        assert redact(text) == text


def test_secrets_that_begin_alike_are_taken_out_whole() -> None:
    redact = Redactor([("u", TOKEN), ("u", f"{TOKEN}+more/of it"), ("u", TOKEN[:20])])
    assert redact(f"<{TOKEN}+more/of it> <{TOKEN}> <{TOKEN[:20]}>") == "<***> <***> <***>"


def test_a_long_token_is_taken_out() -> None:
    redact = Redactor([("gitlab-ci-token", JSON_WEB_TOKEN)])
    basic = b64encode(f"gitlab-ci-token:{JSON_WEB_TOKEN}".encode()).decode()
    assert redact(f"{JSON_WEB_TOKEN} {basic}") == "*** ***"
    assert redact(f"cut: {JSON_WEB_TOKEN[:700]}…") == "cut: ***…"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "at https://user:kanari%40x@registry.example.com/p?a=b@c",
            "at https://***@registry.example.com/p?a=b@c",
        ),
        ("https://kanari@registry.example.com/", "https://***@registry.example.com/"),
        (r'"https:\/\/user:kanari@registry.example.com"', r'"https:\/\/***@registry.example.com"'),
        (
            "?to=https%3A%2F%2Fuser%3Akanari%40registry.example.com%2Fp",
            "?to=https%3A%2F%2F***%40registry.example.com%2Fp",
        ),
        ("authorization: basic dTprYW5hcmk=", "authorization: basic ***"),
        ("Bearer kanari-1234", "Bearer ***"),
        ("PRIVATE-TOKEN: kanari-token", "PRIVATE-TOKEN: ***"),
        ('{"private_token": "kanari-token"}', '{"private_token": "***"}'),
        ("/api/v4/projects?private_token=kanari-token&page=2", "/api/v4/projects?private_token=***&page=2"),
        (
            "It takes Basic authentication, and Bearer tokens.",
            "It takes Basic authentication, and Bearer tokens.",
        ),
        ("https://registry.example.com/a@b", "https://registry.example.com/a@b"),
    ],
)
def test_a_report_conceals_what_looks_like_a_credential(said: str, shown: str) -> None:
    assert hide_credentials(said) == shown
    assert hide_credentials(shown) == shown
