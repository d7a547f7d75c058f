"""Which token opens what."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.gitlab.access import cannot_publish, publishes, reads
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import NOT_A_TOKEN, WRONG, default_token, with_wrong_token
from conformance.kit.http import Credential
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.fixtures import Corpus, GitLab, NewName, RegistryClient, Remark

JOB_USER = "gitlab-ci-token"

NO_RIGHT = frozenset({401, 403, 404})
"""Statuses of a request that the caller has no right to, or that the registry does not know."""


@check("gitlab.token.personal-publishes")
def test_personal_publishes(registry: RegistryClient, new_name: NewName) -> None:
    token = default_token(registry)
    with_documented_name = registry.knowing(documented=Credential(username="__token__", password=token))
    publishes("documented", with_documented_name, new_name("personal"))


@check("gitlab.token.any-user-name")
def test_any_user_name(registry: RegistryClient, corpus: Corpus) -> None:
    own_name = Credential(username="jane.doe", password=default_token(registry))
    reads("by-own-name", registry.knowing(by_own_name=own_name), corpus)


@check("gitlab.token.read-api-reads")
def test_read_api_reads(registry: RegistryClient, corpus: Corpus) -> None:
    reads("personal-read-api", registry, corpus)


@check("gitlab.token.read-api-cannot-publish")
def test_read_api_cannot_publish(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    cannot_publish("personal-read-api", registry, corpus, new_name("read-api"), 401, 403)


@check("gitlab.token.deploy-write-publishes")
def test_deploy_write_publishes(registry: RegistryClient, new_name: NewName) -> None:
    publishes("deploy-write", registry, new_name("deploy"))


@check("gitlab.token.deploy-read-reads")
def test_deploy_read_reads(registry: RegistryClient, corpus: Corpus) -> None:
    reads("deploy-read", registry, corpus)


@check("gitlab.token.deploy-read-cannot-publish")
def test_deploy_read_cannot_publish(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    cannot_publish("deploy-read", registry, corpus, new_name("deploy-read"), 401, 403)


@check("gitlab.token.revoked-after-use")
def test_revoked_after_use(private_registry: RegistryClient, gitlab: GitLab, corpus: Corpus) -> None:
    """The token is made for this check, and ends in two days in any case. Its twin is itself, before it is deleted."""
    name = canonicalize_name(corpus.main)
    if private_registry.project_answer(name, as_=ANONYMOUS).status == 200:
        raise Untestable("pages are read without a token; see gitlab.access.anonymous-cannot-read-private")
    ends = datetime.now(UTC).date() + timedelta(days=2)
    wanted = {
        "name": f"conformance-{corpus.run_id}",
        "scopes[]": "read_package_registry",
        "expires_at": f"{ends}",
    }
    made = gitlab.call("POST", "/deploy_tokens", wanted)
    if made.status in NO_RIGHT:
        raise NotApplicable(f"the credential `default` makes no deploy token: {made}")
    token = made.json_object
    if "id" not in token:
        raise Untestable(f"a request for a deploy token is not answered with one: {made}")
    try:
        knowing = private_registry.knowing(short_lived=_credential_in(token))
        before = knowing.project_answer(name, as_="short-lived", fresh=True)
    finally:
        _delete(gitlab, str(token["id"]), f"{wanted['name']}, which ends on {ends}")
    moment = time.monotonic()
    if before.status != 200:
        raise Untestable(f"a new deploy token does not read: {before}")
    after = knowing.project_answer(name, as_="short-lived", fresh=True)
    if after.is_success:
        private_registry.settling.wait_out(moment)
        after = knowing.project_answer(name, as_="short-lived", fresh=True)
    if after.is_server_error:
        raise Untestable(f"a page is answered with an error: {after}")
    expect.forbidden(after)


def _credential_in(token: Mapping[str, object]) -> Credential:
    """Return the credential that a new token is. Raises Untestable where a part of it is missing."""
    if missing := [key for key in ("username", "token") if key not in token]:
        raise Untestable(f"a new deploy token comes without its {' and '.join(missing)}")
    return Credential(username=str(token["username"]), password=str(token["token"]))


def _delete(gitlab: GitLab, number: str, named: str) -> None:
    """Delete a deploy token, if need be with a second request, which is answered with 404 if the first one did.

    Raises Untestable with its name where it stays.
    """
    if gitlab.call("DELETE", f"/deploy_tokens/{number}").is_success:
        return
    again = gitlab.call("DELETE", f"/deploy_tokens/{number}")
    if not again.is_success and again.status != 404:
        raise Untestable(f"the deploy token {named}, was not deleted: {again}")


@check("gitlab.token.deploy-elsewhere-sees-nothing")
def test_deploy_elsewhere_sees_nothing(private_registry: RegistryClient, corpus: Corpus) -> None:
    expect.forbidden(private_registry.project_answer(canonicalize_name(corpus.main), as_="deploy-elsewhere"))


@check("gitlab.token.deploy-header")
def test_deploy_header(private_registry: RegistryClient, corpus: Corpus) -> None:
    reads_by_header("DEPLOY-TOKEN", "deploy-read", private_registry, corpus)


@check("gitlab.token.personal-header")
def test_personal_header(private_registry: RegistryClient, corpus: Corpus) -> None:
    reads_by_header("PRIVATE-TOKEN", DEFAULT, private_registry, corpus)


def reads_by_header(field: str, as_: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Require that a token in a header field of its own opens a page, and that nothing else there does."""
    credential = registry.target.credential(as_)
    token = credential.password if credential else ""
    name = canonicalize_name(corpus.main)
    if registry.project_answer(name, as_=as_).status != 200:
        raise Untestable(f"the token of {as_!r} does not read as a password either; see gitlab.token.*")
    if registry.project_answer(name, as_=ANONYMOUS).status == 200:
        raise Untestable("pages are read without a token; see gitlab.access.anonymous-cannot-read-private")
    url = registry.project_url(name)
    opened = registry.request_bare("GET", url, label=as_, headers={field: token})
    expect.status(opened, 200)
    closed = registry.request_bare("GET", url, label=WRONG, headers={field: NOT_A_TOKEN})
    expect.forbidden(closed)


@check("gitlab.token.job-publishes")
def test_job_publishes(registry: RegistryClient, new_name: NewName) -> None:
    publishes("job", registry, new_name("job"))


@check("gitlab.token.job-reads")
def test_job_reads(registry: RegistryClient, corpus: Corpus) -> None:
    reads("job", registry, corpus)


@check("gitlab.token.job-finished-refused")
def test_job_finished_refused(registry: RegistryClient, new_name: NewName) -> None:
    expect.status(registry.upload(wheel(new_name("finished"), "1.0"), as_="job-finished"), 401)


@check("gitlab.token.job-wrong-refused")
def test_job_wrong_refused(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    """A public GitLab project, where there is one, distinguishes a wrong job token from no token."""
    public = "public" in registry.target.gitlab_projects
    place = registry.in_gitlab_project("public") if public else registry
    guessing = place.knowing(job_wrong=Credential(username=JOB_USER, password=NOT_A_TOKEN))
    expect.status(guessing.project_answer(canonicalize_name(corpus.main), as_="job-wrong"), 401)
    expect.status(guessing.upload(wheel(new_name("guessed"), "1.0"), as_="job-wrong"), 401)


@check("gitlab.token.expired-refused")
def test_expired_refused(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    each_refused(registry, new_name("expired"), remark, "personal-expired", "deploy-expired")


@check("gitlab.token.revoked-refused")
def test_revoked_refused(registry: RegistryClient, new_name: NewName, remark: Remark) -> None:
    each_refused(registry, new_name("revoked"), remark, "personal-revoked", "deploy-revoked")


def each_refused(registry: RegistryClient, name: str, remark: Remark, *tokens: str) -> None:
    """Require 401 for an upload with each of these tokens. Raises Untestable where the target has none of them."""
    known = [token for token in tokens if token in registry.target.credentials]
    if missing := [token for token in tokens if token not in known]:
        remark(f"no credential {', '.join(map(repr, missing))} is configured; add it to registry.toml")
    for token in known or tokens:
        expect.status(registry.upload(wheel(name, "1.0"), as_=token), 401)


@check("gitlab.token.wrong-cannot-publish")
def test_wrong_cannot_publish(registry: RegistryClient, new_name: NewName) -> None:
    expect.status(with_wrong_token(registry).upload(wheel(new_name("wrong"), "1.0"), as_=WRONG), 401)


@check("gitlab.token.wrong-cannot-read-private")
def test_wrong_cannot_read_private(private_registry: RegistryClient, corpus: Corpus) -> None:
    expect.status(
        with_wrong_token(private_registry).project_answer(canonicalize_name(corpus.main), as_=WRONG), 401
    )


@check("gitlab.token.refused-leaves-nothing")
def test_refused_leaves_nothing(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("refused"), "1.0")
    with_wrong_token(registry).upload(distribution, as_=WRONG)
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])
