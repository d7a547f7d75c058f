"""What the doctor observes about a target, and the remedies: from a URL, an error, a clock, GitLab's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.target.clock import skew_text
from conformance.target.layouts import GITLAB
from conformance.verdicts.declaration import PREFIX
from conformance.wire.credential_patterns import hide_credentials_in_url
from conformance.wire.presigned import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from conformance.errors import UserError
    from conformance.target import Target
    from conformance.target.layout_search import Place

NO_CREDENTIAL = (
    f"no credential was given: use --username and --password, or set {PREFIX}USERNAME and {PREFIX}PASSWORD"
)
"""The remedy for a target that asks for a credential and has none."""

LEAST_ROLE = 30
"""GitLab's number of a Developer, the first role that may publish."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One observation about a target; a problem where it has a remedy, `change`.

    It is `unknown` where the cause is outside the command: no answer arrived, or the server returned an error. It is
    `stopped` where a limit kept the rest from being examined, such as throttling that never ends.
    """

    about: str
    seen: str
    change: str = ""
    unknown: bool = False
    stopped: bool = False

    @property
    def wrong(self) -> bool:
        """Whether it is a problem."""
        return bool(self.change)


def url_observations(target: Target) -> Iterator[Observation]:
    """Examine a URL that has the form of the layout, but is not the one to give."""
    ending = target.url.rpartition("/")[2]
    given = target.given.upload or target.given.index
    endings = {
        "simple": "the path of an index",
        "legacy": "the path of uploads",
        "upload": "the path of uploads",
    }
    everything_here = target.layout.index == target.layout.upload
    if ending in endings and target.layout.upload and not given and not everything_here:
        yield Observation(
            about="path",
            seen=f"the URL ends with {ending}/, {endings[ending]}",
            change=f"remove {ending}/; the URL of the layout {target.layout.name} looks like {target.layout.example}",
        )


UNREADABLE = "check the path, or write the file with `registry-conformance init`"
"""The remedy for a configuration whose error names none."""


def refused_observations(error: UserError, url: str) -> list[Observation]:
    """Explain why a configuration does not describe a target, from its error."""
    message, change = error.message, error.hint.rstrip(".")
    change = change[:1].lower() + change[1:]
    if not change:
        message, _, change = message.rpartition("; ")
        if not message:
            message, change = change, UNREADABLE
    url = hide_credentials_in_url(url).replace(f"{MASK}@", "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return [Observation(about="URL", seen=message, change=change)]
    if url and not parts.scheme.startswith("http"):
        change = f"give the whole URL, such as https://{url.rpartition('://')[2].lstrip('/')}"
    elif "/groups/" in parts.path:
        change = "the registry of a group takes no uploads: give that of a GitLab project"
    elif parts.path.rstrip("/").endswith("/simple") or "/simple/" in parts.path:
        change = f"give {url.partition('/simple')[0]}: the URL for uploads, not that of the index"
    elif parts.netloc and "/api/" not in parts.path and f"layout {GITLAB}" in message:
        change = _gitlab_change(f"{parts.scheme}://{parts.netloc}", parts.path)
    about = "credential" if "[credentials." in message else "URL" if url else "configuration"
    return [Observation(about=about, seen=message, change=change)]


def _gitlab_change(origin: str, path: str) -> str:
    """Return the remedy for the URL of a web page in place of the API of a GitLab project."""
    api = f"{origin}/api/v4/projects/<id>/packages/pypi"
    if "/-/" in path or "gitlab" in origin:
        return f"the URL of a GitLab registry is {api}, with the id of the GitLab project"
    return f"give --profile and --layout, which docs/targets.md lists; for a GitLab project, give {api}"


def found_elsewhere(place: Place, target: Target, *, before: str = "") -> Observation:
    """Return the settings for an index that was found in another place than the target's."""
    lines = place.settings(target.profile).replace("\n", "\n    ")
    return Observation(
        about="layout",
        seen=f"{before}there is a simple index at {place.index_url}",
        change=f"write into registry.toml:\n    {lines}",
    )


def clock_observations(date: str | None, *, now: datetime) -> Iterator[Observation]:
    """Compare the clock of a server, from its Date header, with that of this machine."""
    if seen := skew_text(date, now=now):
        yield Observation(
            about="clock", seen=seen, change="set the wrong clock: tokens and certificates depend on it"
        )


def gitlab_observations(project: dict[str, Any]) -> Iterator[Observation]:
    """Examine the GitLab project from its API."""
    path = project.get("path_with_namespace", project["id"])
    level = project.get("package_registry_access_level")
    if project.get("packages_enabled") is False or level == "disabled":
        yield Observation(
            about="GitLab project",
            seen=f"the package registry of {path} is switched off",
            change="switch it on: Settings, General, Visibility, Package registry",
        )
        return
    roles = project.get("permissions") or {}
    access = [roles[kind]["access_level"] for kind in ("project_access", "group_access") if roles.get(kind)]
    if access and max(access) < LEAST_ROLE:
        yield Observation(
            about="role",
            seen=f"expected the role {LEAST_ROLE} (Developer) or higher in {path}, found {max(access)}",
            change="give the user another role, or use another user's token",
        )
        return
    yield Observation(about="GitLab project", seen=f"{path}, {project.get('visibility', 'visible')}")


def upload_change(status: int, target: Target, *, location: str = "") -> str:
    """Return the remedy for the answer to an upload form without a file; empty where none is needed.

    `location` is the whole URL that the answer redirects to, without secrets.
    """
    if location:
        return f"give {location}: uploads do not follow redirects"
    if status in {401, 403}:
        return _change_of_credential(status, target)
    if status in {404, 405} or 300 <= status < 400:
        if target.layout.name == GITLAB:
            return "uploads do not go here: check the path, the id of the GitLab project, and that it has a registry"
        return "uploads do not go here: check the URL and --layout, or give --upload-url"
    return _change_after_server_error(status)


def _change_of_credential(status: int, target: Target) -> str:
    if not target.credentials:
        return f"{NO_CREDENTIAL}, or uncomment [credentials.default] in registry.toml"
    if status == 401:
        return "check user name and password: the registry rejects the credential"
    return "check user name and password, and use a credential whose scope and role may publish"


def _change_after_server_error(status: int) -> str:
    if status in {502, 504}:
        return "a proxy in front reached no registry: see its log; one of several servers may be down"
    return "the registry returns a server error: see its log" if status >= 500 else ""
