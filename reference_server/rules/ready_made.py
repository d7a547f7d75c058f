"""The ready-made GitLab projects, users and tokens. The tokens are public, and no secrets."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from reference_server.model import (
    DeployToken,
    GitLabProject,
    JobToken,
    PersonalAccessToken,
    RegistryAccess,
    Role,
    TokenRecord,
    User,
    Visibility,
)
from reference_server.rules.access import JOB_USERNAME

USERNAME = "__token__"
PASSWORD = "reference-api-token"

MEMBERS = MappingProxyType({role.name.lower(): role for role in Role})
STRANGER = "stranger"
ALLOWED_JOBS = 6
"""The GitLab project whose jobs may use their tokens in the first one."""

GITLAB_PROJECTS = (
    GitLabProject(
        id=1, full_path="conformance/registry", members=MEMBERS, job_token_scope=frozenset({ALLOWED_JOBS})
    ),
    GitLabProject(id=2, full_path="conformance/public", visibility=Visibility.PUBLIC, members=MEMBERS),
    GitLabProject(id=3, full_path="conformance/switched-off", packages_enabled=False, members=MEMBERS),
    GitLabProject(
        id=4,
        full_path="conformance/elsewhere",
        members=MappingProxyType({"maintainer": Role.MAINTAINER}),
    ),
    GitLabProject(id=5, full_path="conformance/internal", visibility=Visibility.INTERNAL, members=MEMBERS),
    GitLabProject(
        id=6,
        full_path="conformance/team/tools",
        members=MappingProxyType({"maintainer": Role.MAINTAINER}),
    ),
    GitLabProject(
        id=7,
        full_path="conformance/members-only",
        visibility=Visibility.PUBLIC,
        members=MEMBERS,
        registry_access=RegistryAccess.PRIVATE,
    ),
    GitLabProject(id=8, full_path="conformance/open", members=MEMBERS, registry_access=RegistryAccess.PUBLIC),
)

_MAINTAINER = User("maintainer")

PERSONAL_ACCESS_TOKENS = (
    PersonalAccessToken(secret=PASSWORD, user=_MAINTAINER),
    PersonalAccessToken(secret="reference-read-api-token", user=_MAINTAINER, scopes=frozenset({"read_api"})),
    PersonalAccessToken(secret="reference-expired-token", user=_MAINTAINER, expired=True),
    PersonalAccessToken(secret="reference-revoked-token", user=_MAINTAINER, revoked=True),
    *(
        PersonalAccessToken(secret=f"reference-{name}-token", user=User(name))
        for name in (*MEMBERS, STRANGER)
    ),
)

_READ = "read_package_registry"
_WRITE = "write_package_registry"

DEPLOY_TOKENS = (
    DeployToken(
        secret="reference-deploy-read-token",
        username="deploy-read",
        gitlab_project=1,
        scopes=frozenset({_READ}),
    ),
    DeployToken(
        secret="reference-deploy-write-token",
        username="deploy-write",
        gitlab_project=1,
        scopes=frozenset({_READ, _WRITE}),
    ),
    DeployToken(
        secret="reference-deploy-elsewhere-token",
        username="deploy-elsewhere",
        gitlab_project=4,
        scopes=frozenset({_READ, _WRITE}),
    ),
    DeployToken(
        secret="reference-deploy-expired-token",
        username="deploy-expired",
        gitlab_project=1,
        scopes=frozenset({_READ, _WRITE}),
        record=TokenRecord(expires_at=date(2020, 1, 1)),
    ),
    DeployToken(
        secret="reference-deploy-revoked-token",
        username="deploy-revoked",
        gitlab_project=1,
        scopes=frozenset({_READ, _WRITE}),
        revoked=True,
    ),
)

JOB_TOKENS = (
    JobToken(secret="reference-job-token", user=_MAINTAINER, gitlab_project=1),
    JobToken(secret="reference-job-finished-token", user=_MAINTAINER, gitlab_project=1, running=False),
    JobToken(secret="reference-job-elsewhere-token", user=_MAINTAINER, gitlab_project=4),
    JobToken(secret="reference-job-allowed-token", user=_MAINTAINER, gitlab_project=ALLOWED_JOBS),
)


def credentials() -> dict[str, dict[str, str]]:
    """Return the user name and password of every ready-made credential, by the name of its purpose."""
    personal = {
        "default": PASSWORD,
        "personal-read-api": "reference-read-api-token",
        "personal-expired": "reference-expired-token",
        "personal-revoked": "reference-revoked-token",
    }
    pairs = {name: (USERNAME, secret) for name, secret in personal.items()}
    pairs |= {token.username: (token.username, token.secret) for token in DEPLOY_TOKENS}
    pairs |= {
        name: (JOB_USERNAME, f"reference-{name}-token")
        for name in ("job", "job-finished", "job-elsewhere", "job-allowed")
    }
    pairs |= {name: (name, f"reference-{name}-token") for name in (*MEMBERS, STRANGER)}
    return {name: {"username": user, "password": secret} for name, (user, secret) in pairs.items()}
