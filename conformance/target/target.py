"""What is tested: a registry's URLs, credentials and limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.errors import UserError
from conformance.profiles import Profile, profile, profile_names
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target.registry_toml import CredentialTable, ManagementTable
    from conformance.wire.credential import Credential

DEFAULT = "default"
ANONYMOUS = "anonymous"

DRIVERS = frozenset({"reference"})
"""What `[management]` may name as `driver`; see `conformance.target.driver`."""


VALIDATION = frozenset(
    {"strict-names", "strict-versions", "strict-filenames", "strict-metadata", "validate-archive"}
)
"""What a registry may validate at upload: stated, or found out (see `conformance.run.strictness`)."""

STATED = VALIDATION | {"disposable"}
"""What `features` of registry.toml may state, besides what profiles do. What is disposable is a test instance."""


class BadTarget(UserError):
    """The target cannot be tested as it was given. The message ends with what to do."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The registry being tested. `url` is what one gives to `twine upload --repository-url`."""

    url: str
    profile: Profile
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    gitlab_projects: Mapping[str, str] = field(default_factory=dict)
    max_file_size: int | None = None
    management: Mapping[str, str] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    """What the registry's owner states that it offers, beyond its profile."""
    embedded: bool = False

    @property
    def upload_url(self) -> str:
        """Where distributions are posted to."""
        return self._address(self.profile.upload)

    @property
    def index_url(self) -> str:
        """The simple index, with its trailing slash."""
        return self._address(self.profile.index)

    @property
    def gitlab_api(self) -> str:
        """GitLab's REST API for the GitLab project that holds the registry."""
        return self._address("{api}/projects/{project}")

    @property
    def secrets(self) -> frozenset[tuple[str, str]]:
        """Every user name and password that must not be shown."""
        return frozenset((known.username, known.password) for known in self.credentials.values())

    def _address(self, template: str) -> str:
        address = self.profile.address(template, self.url)
        if address is None:
            raise BadTarget(
                f"{self.url} is not the URL of a {self.profile.title}; it should look like {self.profile.example}"
            )
        return address

    def credential(self, name: str) -> Credential | None:
        """Return a credential by name; None for anonymous. Raises Untestable when it is not configured."""
        if name == ANONYMOUS or (name == DEFAULT and not self.credentials):
            return None
        if name not in self.credentials:
            meaning = self.profile.credentials.get(name, "a credential")
            raise Untestable(f"no credential {name!r} ({meaning}); add [credentials.{name}] to registry.toml")
        return self.credentials[name]

    def same_host(self, url: str) -> bool:
        """Tell whether a URL is on the target's host, so that the target's credentials may be sent there."""
        try:
            return urlsplit(url)[:2] == urlsplit(self.url)[:2]
        except ValueError:  # no URL
            return False

    def in_gitlab_project(self, role: str) -> Target:
        """Return the target's twin in another GitLab project. Raises Untestable when none is configured."""
        if role not in self.gitlab_projects:
            meaning = self.profile.gitlab_projects.get(role, "a GitLab project")
            raise Untestable(
                f"no GitLab project {role!r} ({meaning}); add it to [gitlab-projects] in registry.toml"
            )
        return self.at_project(self.gitlab_projects[role])

    def at_project(self, project: str) -> Target:
        """Return the target's twin under another id or encoded path of a GitLab project."""
        api = self._address("{api}")
        return replace(self, url=f"{api}/projects/{project}/packages/pypi")

    def as_table(self) -> dict[str, Any]:
        """Return the target as registry.toml holds it, secrets included: for another process of this run."""
        return {
            "url": self.url,
            "profile": self.profile.name,
            "credentials": {
                name: {"username": known.username, "password": known.password}
                for name, known in self.credentials.items()
            },
            "gitlab-projects": dict(self.gitlab_projects),
            "limits": {} if self.max_file_size is None else {"max-file-size": self.max_file_size},
            "features": sorted(self.features),
            **({"management": dict(self.management)} if self.management else {}),
        }


def target_from_table(table: Mapping[str, Any], *, embedded: bool = False) -> Target:
    """Build a target from the table of a registry.toml. Raises BadTarget and UnknownProfile."""
    from conformance.target.registry_toml import RegistryTable
    from conformance.verdicts.validation import Invalid, validated

    try:
        read = validated(table, RegistryTable, toml=True)
    except Invalid as error:
        raise BadTarget(str(error)) from error
    chosen = profile(read.profile)
    url = read.url.rstrip("/")
    _check_url(url, chosen)
    max_file_size = read.limits.max_file_size
    return Target(
        url=url,
        profile=chosen,
        credentials={name: _credential(name, value) for name, value in read.credentials.items()},
        gitlab_projects={role: str(number) for role, number in read.gitlab_projects.items()},
        max_file_size=chosen.max_file_size if max_file_size is None else max_file_size,
        management=_management(read.management),
        features=_features(read.features),
        embedded=embedded,
    )


def _check_url(url: str, chosen: Profile) -> None:
    from conformance.wire.credential_patterns import hide_credentials_in_url

    if _has_userinfo(url):
        raise BadTarget("the URL holds a user name or password; give them with --username and --password")
    if not _is_http(url):
        raise BadTarget(
            f"{hide_credentials_in_url(url)!r} is not an http(s) URL; it should look like {chosen.example}"
        )
    if chosen.address(chosen.upload, url) is None:
        hint = " (give the upload URL, without simple/)" if "/simple" in url else ""
        raise BadTarget(
            f"{hide_credentials_in_url(url)} is not the URL of a {chosen.title}{hint}; "
            f"it should look like {chosen.example}"
        )


def _has_userinfo(url: str) -> bool:
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _credential(name: str, table: CredentialTable) -> Credential:
    from conformance.wire.credential import Credential  # `requests` comes with it

    if table.username is None or table.password is None:
        raise BadTarget(f"[credentials.{name}] needs `username` and `password`; give both, or neither")
    return Credential(username=table.username, password=table.password)


def known_features() -> frozenset[str]:
    """Return every feature that `features` of registry.toml may state."""
    return STATED.union(*(profile(each).features for each in profile_names()))


def _features(names: tuple[str, ...]) -> frozenset[str]:
    known = known_features()
    if unknown := sorted(set(names) - known):
        raise BadTarget(
            f"features: expected any of {', '.join(sorted(known))}; found {', '.join(map(repr, unknown))}"
        )
    return frozenset(names)


def _management(table: ManagementTable | None) -> Mapping[str, str]:
    if table is None:
        return {}
    project = table.gitlab_project
    return {"driver": table.driver} | ({} if project is None else {"gitlab-project": str(project)})
