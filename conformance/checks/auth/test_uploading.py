"""Who may publish, and how they are told that they may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.auth.challenges import challenge
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import WRONG, with_wrong_token
from conformance.kit.http import Credential, upload_form
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.kit.uploads.stored_files import nothing_stored
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.auth.conftest import AnonymousUpload
    from conformance.kit.fixtures import NewName, RegistryClient, Remark
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


REFUSALS = (401, 403, 404)

LARGE = 5_000_000
"""Bytes of an upload that no buffer on the way swallows whole."""

ROOM = 1_000
"""Bytes that an upload stays below the limit, so that its size is not why it is refused."""

WORTHLESS = ("deploy-elsewhere", "personal-expired", "personal-revoked")
"""Credentials that are good somewhere else, or were good once."""


@check("auth.upload.required")
def test_required(registry: RegistryClient, anonymous_upload: AnonymousUpload) -> None:
    answer = anonymous_upload.answer
    expect.rule(
        "an upload without a credential to be refused",
        broken_by=[f"status {answer.status}"] if answer.is_success else [],
        where=answer,
    )
    nothing_stored(registry, anonymous_upload.distribution)


@check("auth.upload.refusal")
def test_refusal(anonymous_upload: AnonymousUpload) -> None:
    if anonymous_upload.answer.is_success:
        raise NotApplicable("an upload without a credential is accepted; see auth.upload.required")
    expect.status(anonymous_upload.answer, 401, 403)


@check("auth.upload.challenge")
def test_challenge(registry: RegistryClient, anonymous_upload: AnonymousUpload, new_name: NewName) -> None:
    wrong = with_wrong_token(registry).upload(wheel(new_name("unknown"), "1.0"), as_=WRONG)
    answers = {"without a credential": anonymous_upload.answer, "with an unknown credential": wrong}
    refused = {how: answer for how, answer in answers.items() if answer.status == 401}
    if not refused:
        statuses = ", ".join(f"{answer.status} {how}" for how, answer in answers.items())
        raise NotApplicable(f"uploads get status {statuses}, not 401")
    bare = {how: answer for how, answer in refused.items() if not challenge(answer)}
    if bare:
        raise Deviation(
            expected="a 401 with the header WWW-Authenticate",
            found="no challenge" if bare == refused else f"no challenge {' and '.join(bare)}",
            where="; ".join(map(str, bare.values())),
        )


@check("auth.upload.token-user")
def test_token_user(registry: RegistryClient, new_name: NewName) -> None:
    token = api_token(registry)
    padded = registry.knowing(padded=Credential(username="__token__", password=f" {token}\r\n"))
    distribution = wheel(new_name("padded"), "1.0")
    expect.accepted(padded.upload(distribution, as_="padded"))
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


@check("auth.upload.bearer")
def test_bearer(registry: RegistryClient, new_name: NewName) -> None:
    token = api_token(registry)
    if not token.isascii():
        raise Untestable("the password of `default` is no bearer token: those are ASCII (RFC 6750, 2.1)")
    distribution = wheel(new_name("bearer"), "1.0")
    answer = post(registry, distribution, ("Authorization", f"Bearer {token}"))
    expect.accepted(expect.answered(answer, to=f"POST {registry.target.upload_url}"))
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


@check("auth.upload.scope")
def test_scope(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    known = [name for name in WORTHLESS if name in registry.target.credentials]
    if not known:
        raise Untestable(
            f"none of the credentials {', '.join(WORTHLESS)} is configured; add one to registry.toml"
        )
    if missing := [name for name in WORTHLESS if name not in known]:
        remark(f"judged without {', '.join(missing)}: not configured; add them to registry.toml")
    distribution = wheel(new_name("worthless"), "1.0")
    answers = [registry.upload(distribution, as_=name) for name in known]
    wrong = [str(answer) for answer in answers if answer.status not in REFUSALS]
    expect.rule(
        "status 401, 403 or 404 for every credential that must not publish",
        broken_by=wrong,
        where=registry.target.upload_url,
    )
    nothing_stored(registry, distribution)


@check("auth.upload.before-body")
def test_before_body(registry: RegistryClient, new_name: NewName) -> None:
    """A client need not wait for `100 Continue` (RFC 9110, 10.1.1), and some proxies never send it."""
    size = min(LARGE, (registry.target.max_file_size or LARGE) - ROOM)
    distribution = wheel(new_name("large"), "1.0", size=size)
    ways = {"as it is": (), "with Expect: 100-continue": (("Expect", "100-continue"),)}
    wrong = []
    for way, headers in ways.items():
        answer = post(registry, distribution, *headers)
        if answer is None:
            wrong.append(f"{way}: no answer")
        elif not answer.is_client_error:
            wrong.append(f"{way}: {answer}")
    expect.rule(
        f"an upload of {size} bytes without a credential to be refused (4xx)",
        broken_by=wrong,
        where=f"POST {registry.target.upload_url}, anonymous",
    )


def api_token(registry: RegistryClient) -> str:
    """Return the token that `default` publishes with."""
    default = registry.target.credential(DEFAULT)
    if default is None:
        raise NotApplicable("the target accepts uploads without a credential")
    return default.token


def post(registry: RegistryClient, distribution: Distribution, *headers: tuple[str, str]) -> Answer | None:
    """Send an upload over a connection of its own, with nothing but these header fields and what a form needs."""
    form = upload_form(distribution)
    body = form.body()
    registry.announce(distribution)
    needed = (("Content-Type", form.content_type), ("Content-Length", str(len(body))))
    with registry.connect(as_=ANONYMOUS) as connection:
        connection.request("POST", headers=[*needed, *headers], body=body)
        answer = connection.answer()
    return registry.outcome(answer, distribution) if answer is not None and answer.is_success else answer
