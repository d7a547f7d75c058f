"""The truth tables of GitLab's own tests, as they are today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reference_server.model import (
    ANONYMOUS,
    Action,
    Caller,
    Credentials,
    GitLabProject,
    RegistryAccess,
    User,
    Visibility,
)
from reference_server.model.errors import (
    ForbiddenError,
    GitLabProjectNotFoundError,
    InsufficientScopeError,
    NotAuthenticatedError,
    RegistryError,
    TokenExpiredError,
    TokenRevokedError,
    UnknownTokenError,
)
from reference_server.rules.access import authorize, identify
from reference_server.rules.ready_made import GITLAB_PROJECTS, credentials

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

OK, UNKNOWN, HIDDEN, FORBIDDEN = None, NotAuthenticatedError, GitLabProjectNotFoundError, ForbiddenError
PRIVATE, PUBLIC, SWITCHED_OFF, *_ = GITLAB_PROJECTS
INTERNAL = replace(PRIVATE, visibility=Visibility.INTERNAL)


def caller(registry: Registry, name: str) -> Caller:
    if name == "anonymous":
        return ANONYMOUS
    if name == "bad":
        return identify(Credentials(basic=("__token__", "wrong")), registry.store)
    if name == "job of project 4":
        return Caller(user=User("maintainer"), scopes=frozenset({"api"}), job_project=4)
    pair = credentials()[name]
    return identify(Credentials(basic=(pair["username"], pair["password"])), registry.store)


def verdict(who: Caller, gitlab_project: GitLabProject, action: Action) -> type[RegistryError] | None:
    try:
        authorize(who, gitlab_project, action)
    except RegistryError as error:
        return type(error)
    return None


# project → caller → (reading, uploading, deleting)
TABLE: dict[str, tuple[GitLabProject, dict[str, tuple[type[RegistryError] | None, ...]]]] = {
    "private": (
        PRIVATE,
        {
            "owner": (OK, OK, OK),
            "maintainer": (OK, OK, OK),
            "developer": (OK, OK, FORBIDDEN),
            "reporter": (OK, FORBIDDEN, FORBIDDEN),
            "guest": (OK, FORBIDDEN, FORBIDDEN),
            "stranger": (HIDDEN, HIDDEN, HIDDEN),
            "bad": (UNKNOWN, UNKNOWN, UNKNOWN),
            "anonymous": (UNKNOWN, UNKNOWN, UNKNOWN),
            "personal-read-api": (OK, InsufficientScopeError, InsufficientScopeError),
            "deploy-read": (OK, FORBIDDEN, UNKNOWN),
            "deploy-write": (OK, OK, UNKNOWN),
            "deploy-elsewhere": (HIDDEN, HIDDEN, UNKNOWN),
            "job": (OK, OK, OK),
            "job of project 4": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
        },
    ),
    "public": (
        PUBLIC,
        {
            "developer": (OK, OK, FORBIDDEN),
            "guest": (OK, FORBIDDEN, FORBIDDEN),
            "stranger": (OK, FORBIDDEN, FORBIDDEN),
            "bad": (OK, UNKNOWN, UNKNOWN),
            "anonymous": (OK, UNKNOWN, UNKNOWN),
            "deploy-write": (OK, FORBIDDEN, UNKNOWN),
            "job": (OK, FORBIDDEN, FORBIDDEN),
            "job of project 4": (OK, FORBIDDEN, FORBIDDEN),
        },
    ),
    "internal": (
        INTERNAL,
        {
            "developer": (OK, OK, FORBIDDEN),
            "stranger": (OK, FORBIDDEN, FORBIDDEN),
            "anonymous": (UNKNOWN, UNKNOWN, UNKNOWN),
            "deploy-read": (OK, FORBIDDEN, UNKNOWN),
            "deploy-elsewhere": (HIDDEN, HIDDEN, UNKNOWN),
        },
    ),
    "allowing jobs of project 4": (
        replace(PRIVATE, job_token_scope=frozenset({4})),
        {"job of project 4": (OK, OK, OK)},
    ),
    "public, for members only": (
        replace(PUBLIC, registry_access=RegistryAccess.PRIVATE),
        {
            "reporter": (OK, FORBIDDEN, FORBIDDEN),
            "stranger": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
            "anonymous": (UNKNOWN, UNKNOWN, UNKNOWN),
            "job of project 4": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
        },
    ),
    "switched off": (
        SWITCHED_OFF,
        {
            "owner": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
            "guest": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
            "stranger": (HIDDEN, HIDDEN, HIDDEN),
            "anonymous": (UNKNOWN, UNKNOWN, UNKNOWN),
        },
    ),
    "public, switched off": (
        replace(SWITCHED_OFF, visibility=Visibility.PUBLIC),
        {
            "stranger": (FORBIDDEN, FORBIDDEN, FORBIDDEN),
            "anonymous": (UNKNOWN, UNKNOWN, UNKNOWN),
        },
    ),
}
ROWS = [(project, who) for project, (_, rows) in TABLE.items() for who in rows]


@pytest.mark.parametrize(("project", "who"), ROWS, ids=[f"{project}: {who}" for project, who in ROWS])
def test_who_may_do_what(registry: Registry, project: str, who: str) -> None:
    gitlab_project, rows = TABLE[project]
    reading, uploading, deleting = rows[who]
    listing = UNKNOWN if who.startswith("deploy") else reading  # the REST API knows no deploy tokens
    expected = {
        Action.BROWSE: reading,
        Action.DOWNLOAD: reading,
        Action.INSPECT: listing,
        Action.UPLOAD: uploading,
        Action.DELETE: deleting,
        Action.MANAGE: FORBIDDEN if who.startswith("job") else deleting,  # what only this server offers
    }
    known = caller(registry, who)
    assert {action: verdict(known, gitlab_project, action) for action in expected} == expected


def test_a_gitlab_project_is_seen_even_when_its_packages_are_switched_off(registry: Registry) -> None:
    assert verdict(caller(registry, "guest"), SWITCHED_OFF, Action.SEE) is None
    assert verdict(caller(registry, "stranger"), SWITCHED_OFF, Action.SEE) is HIDDEN


@pytest.mark.parametrize(
    ("presented", "error"),
    [
        (Credentials(basic=("x", "reference-expired-token")), TokenExpiredError),
        (Credentials(basic=("x", "reference-revoked-token")), TokenRevokedError),
        (Credentials(private_token="reference-expired-token"), TokenExpiredError),
        (Credentials(basic=("gitlab-ci-token", "wrong")), UnknownTokenError),
        (Credentials(basic=("gitlab-ci-token", "reference-job-finished-token")), UnknownTokenError),
        (Credentials(private_token="wrong"), UnknownTokenError),
        (Credentials(bearer="wrong"), UnknownTokenError),
        (Credentials(bearer=""), UnknownTokenError),
    ],
)
def test_credentials_that_are_refused_everywhere(
    registry: Registry, presented: Credentials, error: type[RegistryError]
) -> None:
    with pytest.raises(error):
        identify(presented, registry.store)


@pytest.mark.parametrize(
    "presented",
    [
        Credentials(),
        Credentials(basic=("__token__", "wrong")),
        Credentials(basic=("", "")),
        Credentials(basic=("maintainer", "reference-job-token")),
        Credentials(deploy_token="wrong"),
    ],
)
def test_credentials_that_are_as_good_as_none(registry: Registry, presented: Credentials) -> None:
    assert identify(presented, registry.store).is_anonymous


@pytest.mark.parametrize("username", ["__token__", "", "maintainer", "gitlab-ci-token", "somebody"])
def test_the_user_name_beside_a_personal_access_token_is_not_compared(
    registry: Registry, username: str
) -> None:
    who = identify(Credentials(basic=(username, "reference-api-token")), registry.store)
    assert who.user is not None
    assert who.user.name == "maintainer"


@pytest.mark.parametrize(
    "presented",
    [
        Credentials(deploy_token="reference-deploy-read-token"),
        Credentials(basic=("x", "reference-deploy-read-token")),
    ],
)
def test_a_deploy_token_is_known_by_its_secret(registry: Registry, presented: Credentials) -> None:
    who = identify(presented, registry.store)
    assert who.deploy_token is not None
    assert who.deploy_token.username == "deploy-read"
