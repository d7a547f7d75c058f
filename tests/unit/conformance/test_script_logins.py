"""A script makes up the credentials that checks make up, and asks for the others."""

from __future__ import annotations

import ast
import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import conformance.checks
import conformance.kit
from conformance.report.script import MADE_BY_API
from conformance.report.templates.logins import (
    ALMOST,
    LATIN1,
    MADE_UP,
    authorization,
    login,
    missing,
    without_secrets,
)
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.target.registry_client import RegistryClient
from conformance.verdicts.options import RunOptions
from conformance.wire import Redactor
from reference_server import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.wire import Credential

KNOWN = {*MADE_UP, *ALMOST, LATIN1}
OF_CLIENTS = {"ODD"}
"""A script runs no clients."""

MADE_BY = {
    "reference": (
        "auth.read.basic-utf8",
        "auth.read.nearly-right",
        "auth.read.scheme-case",
        "auth.read.wrong-401",
        "gitlab.matrix.page",
        "gitlab.token.any-user-name",
        "gitlab.token.job-wrong-refused",
        "gitlab.token.personal-publishes",
    ),
    "pypi": ("auth.upload.password-refused", "auth.upload.token-user"),
}
"""Requirements whose checks make credentials up, by flavour."""


def variable(name: str) -> str:
    return name.upper().replace("-", "_")


def names_in_calls() -> Iterator[str]:
    """Yield the names of the credentials in all calls of `knowing`; those of `nearly_right` are in none."""
    for room in (conformance.checks, conformance.kit):
        for path in Path(room.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "knowing":
                    yield from (variable(each.arg) for each in node.keywords if each.arg)


def test_every_credential_that_a_check_makes_up_is_known() -> None:
    assert (
        KNOWN - ALMOST.keys()
        <= {*names_in_calls()}
        <= KNOWN | OF_CLIENTS | {variable(each) for each in MADE_BY_API}
    )


@pytest.mark.parametrize("flavour", MADE_BY)
def test_credentials_are_those_of_the_checks(flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Credential] = {}
    knowing = RegistryClient.knowing

    def noted(self: RegistryClient, **credentials: Credential) -> RegistryClient:
        made.update({variable(name): credential for name, credential in credentials.items()})
        return knowing(self, **credentials)

    monkeypatch.setattr(RegistryClient, "knowing", noted)
    with ReferenceServer(flavour=flavour) as server:
        target = target_from_table(server.target(), embedded=True)
        result = run_checks(target, RunOptions(), Selection(only=frozenset(MADE_BY[flavour])))
        monkeypatch.setenv("DEFAULT", f"{server.username}:{server.password}")
    assert {each.verdict for each in result.results} == {"passed"}
    assert made.keys() >= ({"PERSON", "PADDED"} if flavour == "pypi" else {"WRONG", *ALMOST})
    for name, credential in made.items():
        assert login(name) == (credential.username, credential.password), name


def test_a_token_without_a_password_is_the_user_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT", "ToKen:")
    assert login("IN_OTHER_CASE") == ("tOkEN", "")
    assert login("DOCUMENTED") == ("__token__", "ToKen")


@pytest.mark.parametrize(
    ("names", "configured", "wanted"),
    [
        (["DEFAULT", "DEPLOY_READ"], ["DEFAULT"], ["DEFAULT", "DEPLOY_READ"]),
        (["WRONG", "EMPTY_PASSWORD"], ["DEFAULT"], []),
        (["LOWER_CASE", "DOCUMENTED"], ["DEFAULT"], ["DEFAULT"]),
        (["UTF8"], ["DEFAULT"], ["DEFAULT"]),
        (["UTF8", "LATIN1"], ["DEFAULT", "UTF8"], ["UTF8"]),
        (["WRONG"], ["WRONG"], ["WRONG"]),
    ],
)
def test_credentials_of_the_registry_alone_are_asked_for(
    names: list[str], configured: list[str], wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*KNOWN, "DEFAULT", "DEPLOY_READ"):
        monkeypatch.delenv(name, raising=False)
    assert missing(names, configured) == wanted
    for name in wanted:
        monkeypatch.setenv(name, "a:b")
    assert missing(names, configured) == []


@pytest.mark.parametrize(
    ("credential", "scheme", "wanted"),
    [
        ("LOWER_CASE", "basic", ("basic", "j\u00fcrgen:ToKen".encode())),
        ("UTF8", "Basic", ("Basic", "j\u00fcrgen:ToKen".encode())),
        (LATIN1, "Basic", ("Basic", "j\u00fcrgen:ToKen".encode("latin-1"))),
    ],
)
def test_header_fields_keep_scheme_and_encoding(
    credential: str, scheme: str, wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFAULT", "j\u00fcrgen:ToKen")
    monkeypatch.setenv("UTF8", "j\u00fcrgen:ToKen")
    ((name, value),) = authorization({"credential": credential, "login": ["Authorization", scheme]})
    word, _, encoded = value.partition(" ")
    assert (name, word, base64.b64decode(encoded)) == ("Authorization", *wanted)


@pytest.mark.parametrize(
    ("secret", "text", "kept"),
    [
        ("me:test", "<a href='/simple/pytest/'>latest</a> test", "<a href='/simple/pytest/'>latest</a> ***"),
        (
            "me:dev",
            "1.0.dev1 device http://me:dev@host/ me%3Adev",
            "1.0.dev1 device http://me:***@host/ me%3A***",
        ),
        ("me:S3cretValue!", "s3cretvalue! S3cretValue&#33; S3cretValue%21", "*** *** ***"),
        ("me:glpat-abc&def98", "glpat-abc&amp;def98 glpat-abc\\u0026def98", "*** ***"),
        ("token-of-mine:", "you are token-of-mine", "you are ***"),
        ("me:", "some words", "some words"),
    ],
)
def test_secrets_are_hidden_as_in_the_earlier_answer(
    secret: str, text: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFAULT", secret)
    user, _, password = secret.partition(":")
    assert without_secrets(text.encode() + b"\xff", ["DEFAULT"]) == kept.encode() + b"\xff"
    assert Redactor([(user, password)])(text) == kept
