"""The redactor, and the reports' own look, against ways to write a secret that their code does not share."""

from __future__ import annotations

import json
import shlex
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

import pytest

from conformance.pages import read_html
from conformance.wire import Redactor
from conformance.wire.credential import Credential
from conformance.wire.credential_patterns import hide_credentials, hide_credentials_in_headers
from conformance.wire.redaction import LEAST_SHOWN

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
    "only what is ASCII": SECRET.encode("ascii", errors="ignore").decode(),
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


@pytest.mark.parametrize("token", [SECRET, TOKEN])
def test_every_spelling_of_a_token_that_is_the_user_name_is_taken_out(
    spellings: Callable[[str, str], list[str]], token: str
) -> None:
    redact = Redactor([("another", "one"), (token, "")])
    basic = b64encode(f"{token}:".encode()).decode()
    forms = [*spellings("", token), basic, quote(basic), b64encode(f"Basic {basic}".encode()).decode()]
    left = [redact(f"before {form} after") for form in forms]
    words = ("ka", "n'", "end", "a2E", "ZW5k", "glpat", "Z2xwYXQ")
    assert [text for text in left if any(word in text for word in words)] == []
    assert redact.values({"Authorization": f"Basic {basic}", "X-Token": token}) == {
        "Authorization": "Basic ***",
        "X-Token": "***",
    }


@pytest.mark.parametrize("token", ["p>?p>?p>?p>?p>?-a-t0ken-of-it", "a-t0ken>>>?????>>>>of-it-p>?p>?"])
@pytest.mark.parametrize("after", ["", ":", ":x", " and more"])
@pytest.mark.parametrize("write", [str, quote, quote_plus, lambda text: text.translate({43: "-", 47: "_"})])
def test_base64_is_taken_out_beyond_each_of_its_signs(
    write: Callable[[str], str], after: str, token: str
) -> None:
    encoded = b64encode(f"{token}{after}".encode()).decode()
    assert set("+/") & set(encoded)
    for known in ((token, ""), ("user", token)):
        start, _, rest = Redactor([known])(f"<{write(encoded)}>").partition("***")
        assert start == "<"
        assert len(unquote(rest)) <= len(b64encode(after.encode())) + len("xx==>")


@pytest.mark.parametrize("length", range(24, 48))
def test_base64_that_was_cut_is_taken_out_beyond_each_of_its_signs(length: int) -> None:
    basic = b64encode(b"us:p>?p>?p>?p>?p>?-a-t0ken-of-it-p>?p>?").decode()
    assert (
        Redactor([("us", "p>?p>?p>?p>?p>?-a-t0ken-of-it-p>?p>?")])(f"cut: {basic[:length]}…") == "cut: ***…"
    )


def test_a_user_name_that_is_a_secret_and_its_password_are_taken_out_together() -> None:
    for password in (SECRET, "a-sh0rt-one", SECRET * 2):
        credential = Credential(username=TOKEN, password=password, username_is_secret=True)
        redact = Redactor(credential.secrets)
        basic = b64encode(f"{TOKEN}:{password}".encode()).decode()
        assert redact(f"{TOKEN} {password} {basic}") == "*** *** ***"
    redact = Redactor([(TOKEN, SECRET), (TOKEN, "")])
    basic = b64encode(f"{TOKEN}:{SECRET}".encode()).decode()
    for length in range(len(TOKEN) * 8 // 6, len(basic)):
        start, _, rest = redact(f"cut: {basic[:length]}…").partition("***")
        assert start == "cut: "
        assert len(rest.removesuffix("…")) <= LEAST_SHOWN + 2, "less than this of the password is no secret"


@pytest.mark.parametrize(
    ("credential", "pairs"),
    [
        (Credential(username="jane", password="x"), [("jane", "x")]),
        (Credential(username="t0ken-t0ken-t0ken", password=""), [("t0ken-t0ken-t0ken", "")]),
        (Credential(username="pypi", password=""), []),
        (Credential(username="t0ken", password="", username_is_secret=True), [("t0ken", "")]),
        (Credential(username="jane", password="", lacks_password=True), []),
        (
            Credential(username="t0ken", password="x", username_is_secret=True),
            [("t0ken", "x"), ("t0ken", "")],
        ),
        (Credential(username="", password=""), []),
    ],
)
def test_a_user_name_is_a_secret_without_a_password_that_is_elsewhere(
    credential: Credential, pairs: list[tuple[str, str]]
) -> None:
    assert list(credential.secrets) == pairs
    assert "t0ken" not in repr(credential)


@pytest.mark.parametrize(
    "form",
    [
        "&lowbar;",
        "&#95;",
        "&#x5f;",
        "&amp;lowbar;",
        "&UnderBar;",
        "%5F",
        "%255f",
        r"\u005f",
        r"\\u005F",
        r"\x5f",
    ],
)
def test_a_sign_by_any_name_of_html_is_taken_out(form: str) -> None:
    assert Redactor([("u", "glpat_x7Kq2mWv9TzR")])(f"<glpat{form}x7Kq2mWv9TzR>") == "<***>"


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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "https://s3.example.com/b?X-Amz-Date=2026&X-Amz-Credential=AKIAKANARI%2F2026%2Fs3&X-Amz-Signature=0123456789abcdef",
            "https://s3.example.com/b?X-Amz-Date=2026&X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        (
            '<a href="/b?v=1&amp;X-Amz-Security-Token=kanari%2Bkanari%3D%3D&amp;w=2#sha256=ab">',
            '<a href="/b?v=1&amp;X-Amz-Security-Token=***&amp;w=2#sha256=ab">',
        ),
        (
            "/b?X-Goog-Signature=0123456789abcdef0123&X-Goog-Expires=60",
            "/b?X-Goog-Signature=***&X-Goog-Expires=60",
        ),
        ("/b?sv=2019&sig=kanari%2Fkanari%3D&sp=r", "/b?sv=2019&sig=***&sp=r"),
        (
            "/b?Expires=9&Signature=kanari~kanari_kanari__&Key-Pair-Id=K",
            "/b?Expires=9&Signature=***&Key-Pair-Id=K",
        ),
        (r'{"url": "/b?sig=kanari-kanari-kanari\u0026sp=r"}', r'{"url": "/b?sig=***\u0026sp=r"}'),
        ("?to=%2Fb%3Fsig%3Dkanari-kanari-kanari%26sp%3Dr", "?to=%2Fb%3Fsig%3D***%26sp%3Dr"),
        ("/b?access_token=kanari-kanari-kanari 200", "/b?access_token=*** 200"),
        ("/b?token=kanari-kanari-kanari", "/b?token=***"),
        ("/b?temp_url_sig=kanari-kanari-kanari&temp_url_expires=9", "/b?temp_url_sig=***&temp_url_expires=9"),
        ("/b?oauth_signature=kanari-kanari-kanari", "/b?oauth_signature=***"),
        ("/b?X_Amz_Signature=kanari-kanari-kanari", "/b?X_Amz_Signature=***"),
        ("X-Amz-Signature=kanari-kanari-kanari&w=2", "X-Amz-Signature=***&w=2"),
        ("/b?hdnts=exp=9~acl=/*~hmac=kanari-kanari-kanari&w=2", "/b?hdnts=***&w=2"),
        ("/b?to=exp=9~hmac=kanari-kanari-kanari", "/b?to=exp=9~hmac=***"),
        ("/b?to=exp%3D9%7Ehmac%3Dkanari-kanari-kanari", "/b?to=exp%3D9%7Ehmac%3D***"),
        ('{"X-Amz-Signature": "kanari-kanari-kanari"}', '{"X-Amz-Signature": "***"}'),
        ("{'x-goog-credential': 'kanari-kanari-kanari'}", "{'x-goog-credential': '***'}"),
        (r'"{\"x-amz-security-token\":\"kanari\/kanari-kanari\"}"', r'"{\"x-amz-security-token\":\"***\"}"'),
        ('{"oauth_signature":"kanari-kanari-kanari"}', '{"oauth_signature":"***"}'),
        *(
            (harmless, harmless)
            for harmless in (
                '{"signature": "of-an-attestation-which-opens-nothing"}',
                '{"x-amz-date": "20261128T161814Z-20261128", "token_type": "a-kind-of-a-token"}',
                '{"about_signature": "none"}',
                "/files/demo~hmac-1.0-py3-none-any.whl",
                "/b?to=exp=9~hmac=0",
                "design=kanari-kanari-kanari",
                "the token=kanari-kanari-kanari of a page",
                "/b?temp_url_expires=20261128161814000000",
            )
        ),
        ("/search?continuationToken=kanari-kanari-kanari", "/search?continuationToken=kanari-kanari-kanari"),
        ("/files/demo-1.0.tar.gz?signature=0", "/files/demo-1.0.tar.gz?signature=0"),
        ("the signature of the token", "the signature of the token"),
    ],
)
def test_what_opens_a_presigned_url_is_taken_out(said: str, shown: str) -> None:
    redact = Redactor([])
    assert redact(said) == hide_credentials(said) == shown
    assert redact(shown) == shown
    assert redact.values({"Location": said}) == {"Location": shown}


@pytest.mark.parametrize("place", range(3))
def test_header_fields_conceal_what_looks_like_a_credential_in_each_of_them(place: int) -> None:
    harmless = {"Accept": "text/html", "Host": "registry.example.com", "Age": "0"}
    name = [*harmless][place]
    fields = harmless | {name: f"https://jane:{TOKEN}@registry.example.com"}
    assert hide_credentials_in_headers(fields) == harmless | {name: "https://***@registry.example.com"}


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BEARER"])
def test_the_scheme_of_a_concealed_credential_keeps_its_case(scheme: str) -> None:
    assert hide_credentials_in_headers({"Authorization": f"{scheme} amFuZTpx"}) == {
        "Authorization": f"{scheme} ***"
    }


def test_header_fields_conceal_what_opens_a_presigned_url() -> None:
    fields = {"Age": "0", "Location": "/b?X-Amz-Signature=kanari-kanari-kanari"}
    assert hide_credentials_in_headers(fields) == {"Age": "0", "Location": "/b?X-Amz-Signature=***"}


def test_header_fields_for_secrets_conceal_any_value() -> None:
    fields = {"Accept": "text/html", "AUTHORIZATION": "Basic amFuZTpx", "Job-Token": "x", "Cookie": "a=b"}
    shown = {"Accept": "text/html", "AUTHORIZATION": "Basic ***", "Job-Token": "***", "Cookie": "***"}
    assert hide_credentials_in_headers(fields) == shown
