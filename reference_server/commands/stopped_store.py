"""A store that no server uses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from reference_server.app.new_secrets import DEPLOY, JOB, PERSONAL, new_secret
from reference_server.commands.administration import ListedProject, ListedToken
from reference_server.errors import UserError
from reference_server.model import DeployToken, JobToken, PersonalAccessToken, User, Visibility
from reference_server.model.errors import NotFoundError, RegistryError
from reference_server.rules import management
from reference_server.rules.current_tokens import is_active
from reference_server.serving.default_registry import default_registry
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reference_server.commands.administration import NewToken
    from reference_server.model import GitLabProject, Token

DEFAULT_USER = "maintainer"


class StoppedStore:
    """Changes the store itself, with all rights. Raises `StoreError`."""

    def __init__(self, directory: Path) -> None:
        self._registry = default_registry(store=SQLiteStore(directory), adds_ready_made=False)

    def gitlab_projects(self) -> Sequence[ListedProject]:
        """List the GitLab projects."""
        return [_listed(each) for each in self._registry.store.gitlab_projects()]

    def create_gitlab_project(self, full_path: str, visibility: str) -> ListedProject:
        """Create a GitLab project."""
        with _explained():
            made = management.create_gitlab_project(
                self._registry,
                full_path,
                owner=User(DEFAULT_USER),
                anywhere=True,
                visibility=Visibility(visibility),
            )
        return _listed(made)

    def switch(self, reference: str, *, on: bool) -> ListedProject:
        """Switch the package registry of a GitLab project on or off."""
        found = self._gitlab_project(reference)
        return _listed(management.change_settings(self._registry, found, packages_enabled=on))

    def tokens(self) -> Sequence[ListedToken]:
        """List the tokens."""
        return [self._token(each) for each in self._registry.store.tokens()]

    def create_token(self, new: NewToken) -> str:
        """Make a token, and return its secret."""
        user = User(new.user or DEFAULT_USER)
        with _explained():
            if new.kind == "personal":
                secret = new_secret(PERSONAL)
                management.make_personal_access_token(
                    self._registry, user, new.scopes, secret=secret, name=new.name, expires_at=new.expires_at
                )
                return secret
            owner = self._gitlab_project(new.gitlab_project)
            secret = new_secret(DEPLOY if new.kind == "deploy" else JOB)
            if new.kind == "deploy":
                management.make_deploy_token(
                    self._registry,
                    owner,
                    new.scopes,
                    username=new.user,
                    secret=secret,
                    name=new.name,
                    expires_at=new.expires_at,
                )
            else:
                management.make_job_token(
                    self._registry, owner, user, secret=secret, name=new.name, expires_at=new.expires_at
                )
        return secret

    def revoke_token(self, token_id: int) -> None:
        """Revoke a token, or end its job."""
        try:
            management.revoke(self._registry, self._registry.store.tokens(), token_id)
        except NotFoundError as error:
            raise UserError(f"there is no token {token_id}", "`token list` lists the tokens.") from error

    def close(self) -> None:
        """Close the store."""
        self._registry.close()

    def _gitlab_project(self, reference: str) -> GitLabProject:
        found = self._registry.store.gitlab_project(reference)
        if found is None:
            raise UserError(
                f"there is no GitLab project {reference!r}",
                "`gitlab-project list` lists the GitLab projects.",
            )
        return found

    def _token(self, token: Token) -> ListedToken:
        record = token.record
        kind, holder, owner, scopes = _described(token)
        project = self._registry.store.gitlab_project(str(owner)) if owner else None
        return ListedToken(
            id=record.id,
            kind=kind,
            name=record.name,
            holder=holder,
            gitlab_project=project.full_path if project else "",
            scopes=tuple(sorted(scopes)),
            expires_at=record.expires_at.isoformat() if record.expires_at else "",
            active=is_active(token, self._registry.now),
        )


def _described(token: Token) -> tuple[str, str, int | None, frozenset[str]]:
    match token:
        case PersonalAccessToken():
            return "personal", token.user.name, None, token.scopes
        case DeployToken():
            return "deploy", token.username, token.gitlab_project, token.scopes
        case JobToken():
            return "job", token.user.name, token.gitlab_project, frozenset()


def _listed(each: GitLabProject) -> ListedProject:
    return ListedProject(
        id=each.id,
        full_path=each.full_path,
        visibility=each.visibility.value,
        packages_enabled=each.packages_enabled,
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except RegistryError as error:
        raise UserError(str(error)) from error
