"""The registry that every server starts with, and its clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from reference_server.app.new_secrets import DEPLOY, JOB, PERSONAL, new_secret
from reference_server.rules import ready_made
from reference_server.rules.registry import Registry
from reference_server.store.memory import MemoryStore
from reference_server.store.tokens import TokenTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_server.model import Token
    from reference_server.rules.rules import Rules
    from reference_server.store.protocol import Store


def default_registry(
    *,
    rules: Rules | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    store: Store | None = None,
    secrets: Mapping[str, str] | None = None,
    adds_ready_made: bool = True,
) -> Registry:
    """Return a registry with the packages of the store and the ready-made GitLab projects and tokens.

    Existing GitLab projects and tokens are not changed, unless `secrets` maps the public secrets of the ready-made
    tokens to others (see `fresh_secrets`): then these replace all ready-made tokens in the store. Without
    `adds_ready_made`, the registry has the content of the store only.
    """
    begun = store or MemoryStore(tokens=_ready_made_tokens().copy())
    registry = Registry(now=now, rules=rules, store=begun)
    if adds_ready_made:
        with begun.lock:
            _add_gitlab_projects(begun)
            if secrets:
                _remove_ready_made_tokens(begun)
            if secrets or store:
                _add_tokens(begun, secrets or {})
    return registry


@cache
def _ready_made_tokens() -> TokenTable:
    """Return the ready-made tokens by their digests, which take longer to make than all else in a start."""
    table = TokenTable()
    for token in _tokens():
        table.add(token)
    return table


def _tokens() -> tuple[Token, ...]:
    return (*ready_made.PERSONAL_ACCESS_TOKENS, *ready_made.DEPLOY_TOKENS, *ready_made.JOB_TOKENS)


def fresh_secrets() -> dict[str, str]:
    """Return a new secret for each ready-made token, by its public one."""
    tokens: dict[str, tuple[Token, ...]] = {
        PERSONAL: ready_made.PERSONAL_ACCESS_TOKENS,
        DEPLOY: ready_made.DEPLOY_TOKENS,
        JOB: ready_made.JOB_TOKENS,
    }
    return {token.secret: new_secret(prefix) for prefix, kind in tokens.items() for token in kind}


def renew_tokens(store: Store) -> dict[str, str]:
    """Give the ready-made tokens of a store new secrets, and return these by the public ones."""
    secrets = fresh_secrets()
    with store.lock:
        _remove_ready_made_tokens(store)
        _add_tokens(store, secrets)
    return secrets


def knows_public_tokens(store: Store) -> bool:
    """Return whether a ready-made token that can be used has its public secret."""
    return (
        any(
            store.personal_access_token(each.secret)
            for each in ready_made.PERSONAL_ACCESS_TOKENS
            if not (each.expired or each.revoked)
        )
        or any(store.deploy_token(each.secret) for each in ready_made.DEPLOY_TOKENS)
        or any(store.job_token(each.secret) for each in ready_made.JOB_TOKENS if each.running)
    )


def _remove_ready_made_tokens(store: Store) -> None:
    """Remove the tokens that differ from ready-made ones in nothing but their secrets."""
    known = [replace(token, secret="") for token in _tokens()]
    for token in store.tokens():
        if token in known:
            store.remove_token(token.record.id)


def _add_gitlab_projects(store: Store) -> None:
    for gitlab_project in ready_made.GITLAB_PROJECTS:
        if store.gitlab_project(str(gitlab_project.id)) is None:
            store.add_gitlab_project(gitlab_project)


def _add_tokens(store: Store, secrets: Mapping[str, str]) -> None:
    for personal in ready_made.PERSONAL_ACCESS_TOKENS:
        secret = secrets.get(personal.secret, personal.secret)
        if store.personal_access_token(secret) is None:
            store.add_personal_access_token(replace(personal, secret=secret))
    for deploy in ready_made.DEPLOY_TOKENS:
        secret = secrets.get(deploy.secret, deploy.secret)
        if store.deploy_token(secret) is None:
            store.add_deploy_token(replace(deploy, secret=secret))
    for job in ready_made.JOB_TOKENS:
        secret = secrets.get(job.secret, job.secret)
        if store.job_token(secret) is None:
            store.add_job_token(replace(job, secret=secret))
