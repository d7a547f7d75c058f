"""The registry that every server starts with, and its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reference_server.rules import ready_made
from reference_server.rules.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_server.rules.rules import Rules
    from reference_server.store.protocol import Store


def default_registry(
    *,
    rules: Rules | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    store: Store | None = None,
) -> Registry:
    """Return a registry with the packages of the store and the ready-made GitLab projects and tokens.

    Existing GitLab projects and tokens are not changed.
    """
    registry = Registry(now=now, rules=rules, store=store)
    state = registry.store
    with state.lock:
        for gitlab_project in ready_made.GITLAB_PROJECTS:
            if state.gitlab_project(str(gitlab_project.id)) is None:
                state.add_gitlab_project(gitlab_project)
        for personal_access_token in ready_made.PERSONAL_ACCESS_TOKENS:
            if state.personal_access_token(personal_access_token.secret) is None:
                state.add_personal_access_token(personal_access_token)
        for deploy_token in ready_made.DEPLOY_TOKENS:
            if state.deploy_token(deploy_token.secret) is None:
                state.add_deploy_token(deploy_token)
        for job_token in ready_made.JOB_TOKENS:
            if state.job_token(job_token.secret) is None:
                state.add_job_token(job_token)
    return registry
