"""Users, tokens and GitLab projects of a test's own, beside the ready-made ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING

from reference_server.model import (
    Caller,
    DeployToken,
    GitLabProject,
    JobToken,
    PersonalAccessToken,
    Role,
    User,
)
from reference_server.rules.ready_made import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reference_server.model import Credentials, Token
    from reference_server.rules import Rules
    from reference_server.rules.access import Tokens
    from reference_server.store.protocol import Store


def add_gitlab_projects(store: Store, gitlab_projects: Iterable[GitLabProject | str]) -> None:
    """Add GitLab projects. A text is the full path of a private one, with the ready-made members, unless it exists."""
    with store.lock:
        for each in gitlab_projects:
            if isinstance(each, str) and _exists(store, each):
                continue
            number = 1 + max((known.id for known in store.gitlab_projects()), default=0)
            added = (
                GitLabProject(id=number, full_path=each, members=MEMBERS) if isinstance(each, str) else each
            )
            store.add_gitlab_project(added)


def _exists(store: Store, full_path: str) -> bool:
    return any(each.full_path.lower() == full_path.lower() for each in store.gitlab_projects())


def add_users(store: Store, names: Iterable[str]) -> None:
    """Make users Maintainers of all GitLab projects, except where they have a role."""
    with store.lock:
        for gitlab_project in store.gitlab_projects():
            members = dict.fromkeys(names, Role.MAINTAINER) | dict(gitlab_project.members)
            store.add_gitlab_project(replace(gitlab_project, members=members))


def add_tokens(store: Store, tokens: Mapping[str, str] | Iterable[Token]) -> None:
    """Add tokens. A mapping has the secrets of personal access tokens, with scope api, and the names of their users."""
    if isinstance(tokens, Mapping):
        tokens = [PersonalAccessToken(secret=secret, user=User(name)) for secret, name in tokens.items()]
    for token in tokens:
        match token:
            case PersonalAccessToken():
                store.add_personal_access_token(token)
            case DeployToken():
                store.add_deploy_token(token)
            case JobToken():
                store.add_job_token(token)


def with_passwords(rules: Rules, users: Mapping[str, str]) -> Rules:
    """Return the rules that identify users by their passwords, too."""
    return replace(rules, identify=_by_password(rules.identify, dict(users))) if users else rules


def _by_password(
    identify: Callable[[Credentials, Tokens], Caller], users: Mapping[str, str]
) -> Callable[[Credentials, Tokens], Caller]:
    def identified(credentials: Credentials, tokens: Tokens) -> Caller:
        username, password = credentials.basic or ("", "")
        known = users.get(username)
        if known is not None and compare_digest(known.encode(), password.encode()):
            return Caller(user=User(username), scopes=frozenset({"api"}))
        return identify(credentials, tokens)

    return identified
