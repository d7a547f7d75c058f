"""What is tested: a registry's URLs, credentials and limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from conformance.errors import UserError
from conformance.profiles import Profile, profile, profile_names
from conformance.target.claims import EVIDENCE
from conformance.target.http_urls import has_userinfo, is_http
from conformance.target.layouts import GITLAB, INDEX, Layout, layout
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target.registry_toml import CredentialTable, RegistryTable
    from conformance.wire.credential import Credential

DEFAULT = "default"
GROUP = "group"  # the key in [gitlab-projects]
ANONYMOUS = "anonymous"


VALIDATION = frozenset(
    {"strict-names", "strict-versions", "strict-filenames", "strict-metadata", "validate-archive"}
)
"""What a registry may validate at upload, and is held to where that is stated (see `conformance.run.strictness`)."""

STATED = VALIDATION | {"attestations", "disposable"}
"""What `features` of registry.toml may state, besides what profiles do and what asking finds.

What is disposable is a test instance.

Attestations cannot be detected: a registry that ignores them is within the rules unless it claims to verify them.
"""


class BadTarget(UserError):
    """The target cannot be tested as it was given. The message ends with what to do."""


class UnfitURL(BadTarget):
    """The URL does not have the form of the target's layout."""


@dataclass(frozen=True, kw_only=True)
class GivenAddresses:
    """Addresses that are given one by one; an empty one is that of the layout."""

    upload: str = ""
    index: str = ""
    api: str = ""
    json_api: str = ""

    def as_table(self) -> dict[str, str]:
        """Return the given ones, by the keys of registry.toml."""
        table = {
            "upload-url": self.upload,
            "index-url": self.index,
            "api-url": self.api,
            "json-api-url": self.json_api,
        }
        return {key: url for key, url in table.items() if url}


@dataclass(frozen=True, kw_only=True)
class Target:
    """The registry being tested.

    `url` names it: the base URL of its layout, or else the first of the `given` addresses. The ledger keeps it.
    """

    url: str
    profile: Profile
    layout: Layout
    given: GivenAddresses = field(default_factory=GivenAddresses)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    gitlab_projects: Mapping[str, str] = field(default_factory=dict)
    max_file_size: int | None = None
    management: Mapping[str, Any] = field(default_factory=dict)
    """The table that names the driver, and its settings; see `conformance.target.drivers.table`."""
    features: frozenset[str] = frozenset()
    """What the registry's owner states that it offers, beyond its profile."""
    fallback: str = ""
    """`redirect` where the registry sends readers to another index for projects that it lacks."""
    embedded: bool = False

    @property
    def has_uploads(self) -> bool:
        """Whether it has an address for uploads."""
        return bool(self._address(self.given.upload, self.layout.upload))

    @property
    def upload_url(self) -> str:
        """Where distributions are posted to. Raises BadTarget without an address for uploads."""
        if not self.has_uploads:
            raise BadTarget(f"the layout {self.layout.name} has no address for uploads; give --upload-url")
        return self._address(self.given.upload, self.layout.upload)

    @property
    def index_url(self) -> str:
        """The simple index, with its trailing slash."""
        return self._address(self.given.index, self.layout.index).rstrip("/") + "/"

    @property
    def has_gitlab_api(self) -> bool:
        """Whether the address of GitLab's REST API is known."""
        return bool(self._address(self.given.api, self.layout.api))

    @property
    def gitlab_api(self) -> str:
        """GitLab's REST API for the GitLab project that holds the registry. Raises Untestable without an address."""
        if not self.has_gitlab_api:
            raise Untestable(
                f"this needs GitLab's REST API, whose address the layout {self.layout.name} does not give; "
                "add `api-url` to registry.toml, or give --api-url"
            )
        return self._address(self.given.api, self.layout.api).rstrip("/")

    @property
    def has_json_api(self) -> bool:
        """Whether it is known where PyPI's JSON API would be: a layout knows it only beside the index of its own."""
        return bool(self.given.json_api or (self.layout.json_api and not self.given.index))

    @property
    def json_api(self) -> str:
        """Where PyPI's JSON API is, with its trailing slash. Raises Untestable without an address."""
        if not self.has_json_api:
            raise Untestable(
                f"this needs the address of PyPI's JSON API, which the layout {self.layout.name} does not give; "
                "add `json-api-url` to registry.toml, or give --json-api-url"
            )
        return self._address(self.given.json_api, self.layout.json_api).rstrip("/") + "/"

    def description_url(self, name: str, version: str = "") -> str:
        """Return where PyPI's JSON API describes a project, or one release of it, spelled so. Raises Untestable."""
        parts = [quote(each, safe="") for each in (name, version) if each]
        return f"{self.json_api}{'/'.join(parts)}/json"

    @property
    def gitlab_registry(self) -> str:
        """The URL that GitLab documents for the registry of the GitLab project. Raises Untestable."""
        return f"{self.gitlab_api}/packages/pypi"

    @property
    def secrets(self) -> frozenset[tuple[str, str]]:
        """What must not be shown: every user name and password, as a `Redactor` takes them."""
        return frozenset(pair for known in self.credentials.values() for pair in known.secrets)

    def _address(self, given: str, template: str) -> str:
        return given or self.layout.address(template, self.url)

    def credential(self, name: str) -> Credential | None:
        """Return a credential by name; None for anonymous. Raises Untestable when it is not configured."""
        if name == ANONYMOUS or (name == DEFAULT and not self.credentials):
            return None
        if name not in self.credentials:
            meaning = self.profile.credentials.get(name, "a credential")
            raise Untestable(f"no credential {name!r} ({meaning}); add [credentials.{name}] to registry.toml")
        return self.credentials[name]

    def encoding_hint(self, name: str) -> str:
        """Return what else may be wrong with a rejected credential beyond ASCII, as a sentence; else nothing."""
        known = self.credentials.get(name)
        if known is None or known.is_ascii:
            return ""
        other = "latin-1" if known.encoding == "utf-8" else "utf-8"
        return (
            f"It has characters beyond ASCII, which were sent as {known.encoding}; for a registry that reads "
            f'{other}, write `encoding = "{other}"` below [credentials.{name}] in registry.toml.'
        )

    def same_host(self, url: str) -> bool:
        """Tell whether a URL is on a host of the target, so that the target's credentials may be sent there."""
        try:
            return urlsplit(url)[:2] in self._origins
        except ValueError:  # no URL
            return False

    @cached_property
    def _origins(self) -> frozenset[tuple[str, ...]]:
        """Scheme and host of every address that the target has."""
        own = [self.url, self.index_url, *self.given.as_table().values()]
        return frozenset(urlsplit(url)[:2] for url in own)

    def in_gitlab_project(self, role: str) -> Target:
        """Return the target's twin in another GitLab project. Raises Untestable when none is configured."""
        if role not in self.gitlab_projects:
            meaning = self.profile.gitlab_projects.get(role, "a GitLab project")
            raise Untestable(
                f"no GitLab project {role!r} ({meaning}); add it to [gitlab-projects] in registry.toml"
            )
        return self.at_project(self.gitlab_projects[role])

    def at_project(self, project: str) -> Target:
        """Return the target's twin under another id or encoded path of a GitLab project. Raises Untestable."""
        return self.at(f"{self.gitlab_api.rpartition('/')[0]}/{project}/packages/pypi")

    def in_group(self) -> Target:
        """Return the target's twin at the URLs of its group, to read from. Raises Untestable without a group."""
        return self.at_group(self._group)

    @property
    def group_api(self) -> str:
        """The URL of the target's group in GitLab's REST API. Raises Untestable without a group."""
        return self.api_of_group(self._group)

    @property
    def _group(self) -> str:
        if GROUP not in self.gitlab_projects:
            meaning = self.profile.gitlab_projects.get(GROUP, "a group")
            raise Untestable(f"no {GROUP!r} ({meaning}); add it to [gitlab-projects] in registry.toml")
        return self.gitlab_projects[GROUP]

    @property
    def api_of_instance(self) -> str:
        """The URL that all of GitLab's REST API is below. Raises Untestable."""
        return self.gitlab_api.rpartition("/projects/")[0]

    def api_of_group(self, group: str) -> str:
        """Return the URL of the group with an id or a full path in GitLab's REST API. Raises Untestable."""
        return f"{self.api_of_instance}/groups/{quote(group, safe='')}"

    def at_group(self, group: str) -> Target:
        """Return the target's twin at the URLs of the group with an id or a full path. Raises Untestable."""
        url = f"{self.api_of_group(group)}/-/packages/pypi"
        return replace(self, url=url, given=GivenAddresses(index=f"{url}/simple/", api=self.gitlab_api))

    def at(self, url: str) -> Target:
        """Return the target's twin in the GitLab project with this URL; the target itself if the URL is its own."""
        if url == self.url:
            return self
        kind = layout(GITLAB)
        return replace(self, url=url, layout=kind if kind.fits(url) else self.layout, given=GivenAddresses())

    def as_table(self) -> dict[str, Any]:
        """Return the target as registry.toml holds it, secrets included: for another process of this run."""
        return {
            "url": self.url,
            **self.given.as_table(),
            "profile": self.profile.name,
            "layout": self.layout.name,
            "credentials": {
                name: {"username": known.username, "password": known.password}
                | ({} if known.encoding == "utf-8" else {"encoding": known.encoding})
                | ({"username-is-secret": True} if known.username_is_secret else {})
                for name, known in self.credentials.items()
            },
            "gitlab-projects": dict(self.gitlab_projects),
            "limits": {} if self.max_file_size is None else {"max-file-size": self.max_file_size},
            "features": sorted(self.features),
            **({"fallback": self.fallback} if self.fallback else {}),
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
    kind = layout(read.layout or chosen.layout)
    if not (read.url or read.upload_url) and read.index_url:
        kind = layout(INDEX)
    max_file_size = read.limits.max_file_size
    url = _url(read, kind)
    return Target(
        url=url,
        profile=chosen,
        layout=kind,
        given=GivenAddresses(
            upload=read.upload_url, index=read.index_url, api=read.api_url, json_api=read.json_api_url
        ),
        credentials={name: _credential(name, value) for name, value in read.credentials.items()},
        gitlab_projects={role: str(number) for role, number in read.gitlab_projects.items()},
        max_file_size=chosen.max_file_size if max_file_size is None else max_file_size,
        management=_management(read.management, url=url),
        features=_features(read.features),
        fallback=read.fallback,
        embedded=embedded,
    )


def _url(read: RegistryTable, kind: Layout) -> str:
    """Return the URL that names the target, after a look at every address. Raises BadTarget."""
    addresses = {
        "--upload-url": read.upload_url,
        "--index-url": read.index_url,
        "--api-url": read.api_url,
        "--json-api-url": read.json_api_url,
    }
    for flag, address in addresses.items():
        if address:
            _check_address(address, f"the address of {flag}", "https://registry.example.com/path")
    if read.url or not (read.upload_url or read.index_url):
        _check_address(read.url, "the URL", kind.example)
    elif not read.index_url:
        raise BadTarget("there is an upload URL without an index URL; give --index-url, too")
    url = (read.url or read.upload_url or read.index_url).rstrip("/")
    if read.url and not kind.fits(url) and not (read.upload_url and read.index_url):
        raise UnfitURL(
            _unfit(url, kind),
            "For another kind of registry, give --profile, such as pep503-upload, or --layout.",
        )
    return url


def _check_address(address: str, what: str, example: str) -> None:
    from conformance.wire.credential_patterns import hide_credentials_in_url

    if has_userinfo(address):
        raise BadTarget(f"{what} holds a user name or password; give them with --username and --password")
    if not is_http(address):
        raise BadTarget(
            f"{hide_credentials_in_url(address)!r} is not an http(s) URL; it should look like {example}",
            "" if "://" in address else "Begin it with https:// or http://.",
        )


def _unfit(url: str, kind: Layout) -> str:
    from conformance.wire.credential_patterns import hide_credentials_in_url

    hint = " (give the upload URL, without simple/)" if "/simple" in url and kind.upload else ""
    return (
        f"{hide_credentials_in_url(url)} does not fit the layout {kind.name}{hint}; "
        f"it should look like {kind.example}"
    )


def _credential(name: str, table: CredentialTable) -> Credential:
    from conformance.wire.credential import Credential  # `requests` comes with it

    if table.username is None or table.password is None:
        raise BadTarget(f"[credentials.{name}] needs `username` and `password`; give both, or neither")
    credential = Credential(
        username=table.username,
        password=table.password,
        encoding=table.encoding,
        username_is_secret=table.username_is_secret,
    )
    if not credential.is_encodable:
        raise BadTarget(
            f"[credentials.{name}] has characters that {table.encoding} cannot express",
            "Remove `encoding`." if table.encoding == "latin-1" else "Check the characters.",
        )
    return credential


def known_features() -> frozenset[str]:
    """Return every feature that `features` of registry.toml may state."""
    return STATED.union(EVIDENCE, *(profile(each).features for each in profile_names()))


def _features(names: tuple[str, ...]) -> frozenset[str]:
    known = known_features()
    if unknown := sorted(set(names) - known):
        raise BadTarget(
            f"features: expected any of {', '.join(sorted(known))}; found {', '.join(map(repr, unknown))}"
        )
    return frozenset(names)


def _management(table: Mapping[str, Any] | None, *, url: str) -> Mapping[str, Any]:
    from conformance.target.drivers.table import valid_management
    from conformance.verdicts.validation import Invalid

    try:
        return valid_management(table, url=url) if table is not None else {}
    except Invalid as error:
        raise BadTarget(f"{error}; docs/drivers.md describes the drivers") from error
