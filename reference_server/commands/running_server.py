"""A running server, over GitLab's REST API."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import urllib3

from reference_server.commands.administration import ListedProject, ListedToken
from reference_server.commands.token_words import TOKEN_VARIABLE
from reference_server.errors import UserError
from reference_server.rendering.escapes import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reference_server.commands.administration import NewToken

PATIENCE = 30  # seconds


@contextmanager
def _as_gitlab() -> Iterator[None]:
    """Explain an answer of another shape."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            "the answer is not that of GitLab's API", "Check that --server is the URL of a reference server."
        ) from error


class RunningServer:
    """Asks a server with a personal access token. Raises `UserError` for a wrong URL."""

    def __init__(self, origin: str, token: str) -> None:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UserError(f"{origin!r} is not an http(s) URL", "Begin it with http:// or https://.")
        self._origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if not (token.isascii() and token.isprintable()):
            raise UserError("the token has characters that no token has")
        self._pool = urllib3.PoolManager(retries=False, timeout=PATIENCE, headers={"PRIVATE-TOKEN": token})

    @_as_gitlab()
    def gitlab_projects(self) -> Sequence[ListedProject]:
        """List the GitLab projects that the token's user may see."""
        return [_listed(each) for each in self._all("/api/v4/projects?sort=asc&per_page=100")]

    @_as_gitlab()
    def create_gitlab_project(self, full_path: str, visibility: str) -> ListedProject:
        """Create a GitLab project."""
        namespace, _, path = full_path.rpartition("/")
        body = {"namespace_path": namespace, "path": path, "visibility": visibility}
        return _listed(self._ask("POST", "/api/v4/projects", body))

    @_as_gitlab()
    def switch(self, reference: str, *, on: bool) -> ListedProject:
        """Switch the package registry of a GitLab project on or off."""
        path = f"/api/v4/projects/{quote(reference, safe='')}"
        return _listed(self._ask("PUT", path, {"packages_enabled": on}))

    @_as_gitlab()
    def tokens(self) -> Sequence[ListedToken]:
        """List the tokens that the token's user may see: their own, and those of GitLab projects they maintain."""
        return [token for token, _ in self._tokens()]

    @_as_gitlab()
    def create_token(self, new: NewToken) -> str:
        """Make a token, and return its secret. A personal access token is for the user of the session's token."""
        body: dict[str, Any] = {"name": new.name, "scopes": list(new.scopes)}
        if new.expires_at:
            body["expires_at"] = new.expires_at.isoformat()
        project = quote(new.gitlab_project, safe="")
        if new.kind == "personal":
            user = self._ask("GET", "/api/v4/user")
            if new.user not in {"", name := str(user["username"])}:
                raise UserError(
                    f"a running server makes personal access tokens for {printable(name)} only, who owns the token "
                    "of this command"
                )
            path = f"/api/v4/users/{user['id']}/personal_access_tokens"
        elif new.kind == "deploy":
            path = f"/api/v4/projects/{project}/deploy_tokens"
            body |= {"username": new.user} if new.user else {}
        else:
            path = f"/-/reference/projects/{project}/job_tokens"
        return str(self._ask("POST", path, body)["token"])

    @_as_gitlab()
    def revoke_token(self, token_id: int) -> None:
        """Revoke a token, or end its job."""
        for token, path in self._tokens():
            if token.id == token_id:
                self._ask("DELETE", f"{path}/{token_id}")
                return
        raise UserError(f"there is no token {token_id}", "`token list` lists the tokens that you may see.")

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _tokens(self) -> Iterator[tuple[ListedToken, str]]:
        """Yield each token with the path below which it is."""
        name = self._ask("GET", "/api/v4/user")["username"]
        path = "/api/v4/personal_access_tokens"
        for each in self._all(f"{path}?per_page=100"):
            yield _token("personal", each, name, ""), path
        for project in self.gitlab_projects():
            for kind, path in (
                ("deploy", f"/api/v4/projects/{project.id}/deploy_tokens"),
                ("job", f"/-/reference/projects/{project.id}/job_tokens"),
            ):
                for each in self._all(f"{path}?per_page=100", or_none=True):
                    holder = each["username"] if kind == "deploy" else each["user"]
                    yield _token(kind, each, holder, project.full_path), path

    def _all(self, path: str, *, or_none: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of a list; none where the user may not see it, if `or_none`."""
        page = "1"
        while page:
            answer = self._send("GET", f"{path}&page={page}")
            if or_none and answer.status in {403, 404}:
                return
            items = self._checked(answer)
            if not isinstance(items, list):
                raise TypeError
            yield from items
            page = answer.headers.get("X-Next-Page", "")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._checked(self._send(method, path, body))

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self._origin + path, json=body, redirect=False)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise UserError(
                    f"the certificate of {self._origin} is not trusted",
                    "Set SSL_CERT_FILE to the file of `serve --tls`.",
                ) from error
            raise UserError(
                f"no answer from {self._origin}: {type(error).__name__}",
                "`reference-server serve` starts a server.",
            ) from error

    def _checked(self, answer: urllib3.BaseHTTPResponse) -> Any:
        try:
            body = answer.json() if answer.data else {}
        except ValueError:
            body = None
        if 200 <= answer.status < 300 and body is not None:
            return body
        reason = (
            answer.status
            if not isinstance(body, dict)
            else next(
                (body[key] for key in ("error_description", "message", "error") if key in body),
                answer.status,
            )
        )
        hint = (
            f"Set {TOKEN_VARIABLE}, or use --token-file, with a Maintainer's token."
            if answer.status in {401, 403}
            else ""
        )
        raise UserError(f"{self._origin} rejected the request: {printable(str(reason))}", hint)


def _listed(each: dict[str, Any]) -> ListedProject:
    return ListedProject(
        id=int(each["id"]),
        full_path=str(each["path_with_namespace"]),
        visibility=str(each["visibility"]),
        packages_enabled=bool(each["packages_enabled"]),
    )


def _token(kind: str, each: dict[str, Any], holder: str, gitlab_project: str) -> ListedToken:
    active = each.get("active", each.get("running", not (each.get("revoked") or each.get("expired"))))
    return ListedToken(
        id=int(each["id"]),
        kind=kind,
        name=str(each["name"]),
        holder=str(holder),
        gitlab_project=gitlab_project,
        scopes=tuple(map(str, each.get("scopes", ()))),
        expires_at=str(each.get("expires_at") or "")[:10],
        active=bool(active),
    )
