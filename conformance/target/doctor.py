"""Diagnoses URL, credentials and network of a target before a run; publishes nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from requests.utils import get_environ_proxies

from conformance.target import DEFAULT
from conformance.wire import EndlessAnswer, Part, Redactor, Session, Transcript, Unreachable, UploadForm
from conformance.wire.answer import LOOPBACK
from conformance.wire.credential_patterns import hide_credentials_in_url
from conformance.wire.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.errors import UserError
    from conformance.profiles import Profile
    from conformance.target import Target
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Answer

MOST_SKEW = 60
"""Seconds that two clocks may differ before tokens, certificates and caches suffer."""

LEAST_ROLE = 30
"""GitLab's number of a Developer, the first role that may publish."""

ABSENT = "conformance-doctor-absent"

CAUSES = (
    (r"Hostname mismatch|not valid for", "TLS trust",
     "use the host name that the certificate is for, or get one for this name"),
    (r"CERTIFICATE_VERIFY_FAILED|self.signed|unable to get local issuer", "TLS trust",
     "give the certificate of its authority with --ca-bundle FILE"),
    (r"WRONG_VERSION_NUMBER|record layer|UNKNOWN_PROTOCOL", "https",
     "this port speaks plain http: begin the URL with http://, or give the https port"),
    (r"Name or service not known|getaddrinfo|nodename|Name resolution", "host name",
     "check the spelling of the host; a VPN or another resolver may be needed"),
    (r"refused", "port", "check the port, and whether the registry is running"),
    (r"timed out|Timeout", "network", "a firewall may be in the way; --timeout waits longer"),
    (r"BadStatusLine|reset|aborted|RemoteDisconnected|closed connection", "http",
     "this port may speak https only: begin the URL with https://"),
)  # fmt: skip
"""Patterns of error texts, with the subject and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One observation about a target; a problem where it has a remedy, `change`.

    It is `unknown` where the cause is outside the command: no answer arrived, or the server returned an error.
    """

    about: str
    seen: str
    change: str = ""
    unknown: bool = False

    @property
    def wrong(self) -> bool:
        """Whether it is a problem."""
        return bool(self.change)


class Doctor:
    """Examines one target with a few requests that store nothing."""

    def __init__(self, target: Target, options: RunOptions) -> None:
        self._target = target
        self._publishes = not (options.read_only or target.profile.read_only)
        self._redact = Redactor(target.secrets)
        self._session = Session(
            transcript=Transcript(), redact=self._redact, limits=options.limits, ca_bundle=options.ca_bundle
        )

    def examine(self) -> Iterator[Observation]:
        """Examine from the outside in: the later steps need an answer to the earlier ones."""
        yield from url_observations(self._target.url, self._target.profile)
        yield from self._proxy()
        try:
            index = self._get(self._target.index_url)
            yield from self._connection(index)
            yield from clock_observations(index.headers.get("Date"), now=datetime.now(UTC))
            yield from self._index(index)
            if self._publishes and self._target.profile.clean_up == "gitlab-rest":
                yield from self._gitlab_project()
            if self._publishes:
                yield from self._uploads()
        except (Unreachable, EndlessAnswer) as error:
            yield self._no_answer(str(error).replace("\n", "; "))
        finally:
            self._session.close()

    def _get(self, url: str, *, as_: str = DEFAULT, headers: dict[str, str] | None = None) -> Answer:
        credential = None if headers else self._target.credential(as_)
        return self._session.send("GET", url, credential=credential, credential_name=as_, headers=headers)

    @property
    def _proxies(self) -> str:
        """The proxy of the environment for requests to the target, without its credentials."""
        if urlsplit(self._target.url).hostname in LOOPBACK:
            return ""
        proxies = get_environ_proxies(self._target.url)
        wanted = proxies.get(urlsplit(self._target.url).scheme) or proxies.get("all", "")
        return re.sub(r"//[^/@]*@", "//***@", wanted)

    def _proxy(self) -> Iterator[Observation]:
        if self._proxies:
            yield Observation(
                about="proxy", seen=f"requests go through {self._proxies}, set by the environment"
            )

    def _no_answer(self, error: str) -> Observation:
        if self._proxies:
            host = urlsplit(self._target.url).hostname
            return Observation(
                about="proxy",
                seen=f"{error}, through the proxy {self._proxies}",
                change=f"check the proxy, or add {host} to the environment variable NO_PROXY",
                unknown=True,
            )
        for pattern, about, change in CAUSES:
            if re.search(pattern, error, re.IGNORECASE):
                return Observation(about=about, seen=error, change=change, unknown=True)
        change = "try another client, such as curl"
        return Observation(about="network", seen=error, change=change, unknown=True)

    def _connection(self, answer: Answer) -> Iterator[Observation]:
        url = self._target.url
        if answer.status == 400 and re.search(r"HTTPS? (port|server)", answer.text, re.IGNORECASE):
            change = f"give {urlunsplit(urlsplit(url)._replace(scheme='https'))}"
            yield Observation(about="http", seen=f"{url} speaks https only", change=change)
        location = answer.headers.get("Location", "")
        if 300 <= answer.status < 400 and location:
            yield self._redirect(answer, urljoin(answer.url, location))
        else:
            yield Observation(about="connection", seen=_summary(answer))

    def _redirect(self, answer: Answer, location: str) -> Observation:
        seen = f"{_summary(answer)} {self._redact(location)}"
        here, there = urlsplit(self._target.url), urlsplit(location)
        if here.scheme == "http" and there.scheme == "https":
            change = f"give {urlunsplit(here._replace(scheme='https', netloc=there.netloc))}"
            return Observation(about="http", seen=seen, change=f"{change}: uploads do not follow redirects")
        if "sign_in" in there.path or "login" in there.path:
            change = "this is a website, not an API: check the path"
            return Observation(about="path", seen=seen, change=change)
        change = "give the URL that it redirects to: uploads do not follow redirects"
        return Observation(about="slash or path", seen=seen, change=change)

    def _index(self, answer: Answer) -> Iterator[Observation]:
        profile, named = self._target.profile, f"the credential {DEFAULT!r}"
        if answer.status == 401 and not self._target.credentials:
            yield Observation(
                about="credential",
                seen=f"{_summary(answer)} without a credential",
                change="give --username and --password, or their environment variables",
            )
        elif answer.status == 401:
            yield Observation(
                about="credential",
                seen=f"{_summary(answer)} with {named}",
                change="check user name and password; the token may have expired, or lack the scope to read",
            )
        elif answer.status == 403:
            yield Observation(
                about="credential",
                seen=f"{_summary(answer)} with {named}",
                change="use a credential that may read",
            )
        elif answer.status == 404 and profile.clean_up != "gitlab-rest":
            yield Observation(
                about="path",
                seen=f"there is no index: {_summary(answer)}",
                change=f"check the URL, which should look like {profile.example}, and --profile",
            )
        elif answer.status >= 500:
            yield Observation(
                about="server",
                seen=f"the registry returns a server error: {_summary(answer)}",
                change="see the server's log",
                unknown=True,
            )
        elif answer.status == 200 and not _is_index(answer):
            yield Observation(
                about="path",
                seen=f"expected a simple index, found {answer.content_type or 'no content type'}",
                change=f"check the URL, which should look like {profile.example}, and --profile",
            )

    def _gitlab_project(self) -> Iterator[Observation]:
        credential = self._target.credential(DEFAULT)
        headers = {"PRIVATE-TOKEN": credential.password} if credential else {}
        answer = self._get(self._target.gitlab_api, as_=DEFAULT, headers=headers or {"Accept": "*/*"})
        project = _object(answer)
        if answer.status == 200 and "id" in project:
            yield from gitlab_observations(project)
        elif answer.status in {401, 403}:
            yield Observation(
                about="API",
                seen=f"{_summary(answer)} with the token of {DEFAULT!r}",
                change="use a personal access token with the scope api: the run lists and deletes packages",
            )
        elif answer.status == 404 and _is_json(answer):
            yield Observation(
                about="GitLab project",
                seen=_summary(answer),
                change="there is no GitLab project with this id, or the credential has no access to it: check both",
            )
        else:
            yield Observation(
                about="API",
                seen=f"expected GitLab's API, found {_summary(answer)}",
                change=f"check the part of the URL before /projects/; it should look like "
                f"{self._target.profile.example}",
            )

    def _uploads(self) -> Iterator[Observation]:
        """Send an upload form without a file: registries reject the credential before they reject the form."""
        form = UploadForm(parts=(Part(name=":action", content=b"file_upload"),))
        answer = self._session.send(
            "POST",
            self._target.upload_url,
            credential=self._target.credential(DEFAULT),
            credential_name=DEFAULT,
            headers={"Content-Type": form.content_type},
            body=form.body(),
            described="an upload form without a file",
        )
        seen = f"an upload form without a file is answered {answer.status} {answer.reason}"
        change = _upload_change(answer.status)
        yield Observation(about="uploads", seen=seen, change=change, unknown=answer.status >= 500)


def examine(target: Target, options: RunOptions) -> list[Observation]:
    """Examine a target without publishing."""
    return list(Doctor(target, options).examine())


def url_observations(url: str, profile: Profile) -> Iterator[Observation]:
    """Examine a URL that has the form of the profile, but is not the one to give."""
    ending = url.rstrip("/").rpartition("/")[2]
    endings = {
        "simple": "the path of an index",
        "legacy": "the path of uploads",
        "upload": "the path of uploads",
    }
    if ending in endings and not profile.read_only:
        yield Observation(
            about="path",
            seen=f"the URL ends with {ending}/, {endings[ending]}",
            change=f"remove {ending}/; the URL of a {profile.title} looks like {profile.example}",
        )


def refused_observations(error: UserError, url: str) -> list[Observation]:
    """Explain why a configuration does not describe a target, from its error."""
    message, change = error.message, error.hint
    if not change:
        message, _, change = message.rpartition("; ")
        message = message or change
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
    elif parts.netloc and "/api/" not in parts.path and "GitLab" in message:
        change = (
            f"this is a page of GitLab's website; the API is {parts.scheme}://{parts.netloc}/api/v4/projects/"
        )
        change += "<id>/packages/pypi, with the id from the page of the GitLab project"
    about = "credential" if "[credentials." in message else "URL"
    return [Observation(about=about, seen=message, change=change)]


def clock_observations(date: str | None, *, now: datetime) -> Iterator[Observation]:
    """Compare the clock of a server, from its Date header, with that of this machine."""
    try:
        skew = (parsedate_to_datetime(date) - now).total_seconds() if date else 0.0
    except (TypeError, ValueError):
        return
    if abs(skew) > MOST_SKEW:
        direction = "ahead of" if skew > 0 else "behind"
        yield Observation(
            about="clock",
            seen=f"the server's clock is {abs(skew):.0f} s {direction} this machine's",
            change="set the wrong clock: tokens and certificates depend on it",
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


def _upload_change(status: int) -> str:
    if status == 401:
        return "check user name and password: the registry rejects the credential"
    if status == 403:
        return "this credential may only read: use one whose scope and role may publish"
    if status in {404, 405} or 300 <= status < 400:
        return (
            "uploads do not go here: check the path, the id of the GitLab project, and that it has a registry"
        )
    return "the registry returns a server error: see its log" if status >= 500 else ""


def _is_json(answer: Answer) -> bool:
    return "json" in answer.content_type


def _is_index(answer: Answer) -> bool:
    return answer.content_type == "text/html" or "vnd.pypi.simple" in answer.content_type


def _object(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _summary(answer: Answer) -> str:
    return f"{answer.exchange.request} is answered {answer.status} {answer.reason}"
