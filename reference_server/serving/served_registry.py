"""A registry that clients reach over HTTP, with what a test does to it and asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import quote, urlsplit

from reference_server.errors import no_option
from reference_server.flavours import flavour_named
from reference_server.flavours.flavour import REPOSITORY
from reference_server.flavours.moved import moved
from reference_server.rules import ready_made
from reference_server.rules.registry import Registry
from reference_server.rules.selection import OWN
from reference_server.serving import accounts
from reference_server.serving.create_app import create_app
from reference_server.serving.default_registry import renew_tokens
from reference_server.serving.steered import KEPT_REQUESTS, Steered, to_logger
from reference_server.serving.target import declared, target_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.clients.access import Place
    from reference_server.distributions import Distribution
    from reference_server.faults import Fault, Switch, Switchboard
    from reference_server.http.request_log import RequestLog
    from reference_server.model import GitLabProject, Token
    from reference_server.rules import Rules
    from reference_server.serving.create_app import RegistryApplication
    from reference_server.serving.published import Published
    from reference_server.sources.mirror import Mirror
    from reference_server.sources.upstream import Upstream


OF_A_SERVER = frozenset(
    {"client_certificates", "folder", "host", "port", "registry", "store", "tls", "watch"}
)
"""What only a whole server can have, not one of several registries behind a port."""


class RegistryOptions(TypedDict, total=False):
    """How a registry behaves, and who may use it."""

    rules: Rules | None
    """The rules of requests over HTTP (default: those of the registry)."""
    faults: Iterable[Fault | Switch | str]
    """What is on from the start."""
    flavour: str
    """The vendor to imitate (default: `reference`)."""
    control: bool
    """Whether faults can be switched over HTTP, too (default: true; see `serving.control`)."""
    variety: int | None
    """A seed that varies what the specifications leave open."""
    upstream: Upstream | str | None
    """Another index, or its URL, that is asked for projects which are not here (default: none)."""
    users: Mapping[str, str]
    """Passwords by user name. These users are Maintainers; the first is `username`."""
    tokens: Mapping[str, str] | Iterable[Token]
    """Tokens beside the ready-made ones, or user names by the secrets of personal access tokens."""
    upload_path: str
    """The path for uploads, such as `/team/index/` (default: that of the flavour)."""
    index_path: str
    """The path of the index, such as `/team/index/+simple/` (default: that of the flavour)."""
    fresh_tokens: bool
    """Whether the ready-made tokens get new secrets (default: false). An address that other machines reach needs it."""
    gitlab_projects: Iterable[GitLabProject | str]
    """GitLab projects beside the ready-made ones, or the full paths of private ones. Their groups exist with them."""


class ServedRegistry(Steered):
    """A registry behind a URL.

    `registry` gives direct access to the state, `requests` has what clients asked for, and `switchboard` the faults.
    `username` and `password` have all rights in the GitLab project whose URLs are `url` (for uploads) and `index_url`
    (for installers). It is also where `publish` puts files. Raises `TypeError` for an option of another name.
    """

    username = ready_made.USERNAME
    password = ready_made.PASSWORD

    def __init__(self, registry: Registry, **options: Unpack[RegistryOptions]) -> None:
        _check_names(options)
        self.flavour = moved(
            flavour_named(options.get("flavour", "reference")),
            upload=options.get("upload_path", ""),
            index=options.get("index_path", ""),
        )
        own = self.flavour.gitlab_project
        if registry.own != own:
            registry = Registry(now=registry.now, rules=registry.rules, store=registry.store, own=own)
        self.registry = registry
        self._secrets = renew_tokens(registry.store) if options.get("fresh_tokens") else {}
        self.password = self._secrets.get(self.password, self.password)
        users = options.get("users", {})
        accounts.add_gitlab_projects(registry.store, options.get("gitlab_projects", ()))
        accounts.add_tokens(registry.store, options.get("tokens", ()))
        if users:
            accounts.add_users(registry.store, users)
            self.username, self.password = next(iter(users.items()))
        rules = options.get("rules") or registry.rules
        self._max_file_size = rules.max_file_size
        self._upstream = options.get("upstream")
        self._faults = tuple(options.get("faults", ()))
        self.app: RegistryApplication = create_app(
            registry,
            rules=accounts.with_passwords(rules, users),
            faults=self._faults,
            flavour=self.flavour,
            controlled=options.get("control", True),
            variety=options.get("variety"),
            kept_requests=KEPT_REQUESTS,
            upstream=self._upstream,
        )
        self.requests.on_end = to_logger

    # where it is

    @property
    def origin(self) -> str:
        """The URL of the root, without a slash."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The repository URL for twine."""
        return self.origin + self.flavour.path(self.flavour.layout.upload)

    @property
    def index_url(self) -> str:
        """The index URL for pip."""
        return self.origin + self.flavour.path(self.flavour.layout.index)

    def index_url_at(self, host: str) -> str:
        """Return `index_url` under another name of this machine, such as `localhost`."""
        url = urlsplit(self.index_url)
        return url._replace(netloc=f"{f'[{host}]' if ':' in host else host}:{url.port}").geturl()

    @property
    def url_with_credentials(self) -> str:
        """`url` with `username` and `password` in it."""
        return self._with_credentials(self.url)

    @property
    def index_url_with_credentials(self) -> str:
        """`index_url` with `username` and `password` in it."""
        return self._with_credentials(self.index_url)

    def group_index_url(self, group: str) -> str:
        """Return the index URL of a group, which has the packages of all its GitLab projects."""
        return f"{self.origin}/api/v4/groups/{quote(group, safe='')}/-/packages/pypi/simple/"

    def gitlab_project(self, reference: str | int) -> ServedGitLabProject:
        """Return a GitLab project by its id or its full path. Raises `GitLabProjectNotFoundError`."""
        return ServedGitLabProject(self, self.registry.gitlab_project(str(reference)).id)

    def _with_credentials(self, url: str) -> str:
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{quote(self.username, safe='')}:{quote(self.password, safe='')}@{rest}"

    # what it has

    def publish(self, what: Distribution | Path | str | bytes, *, gitlab_project: int = OWN) -> Published:
        """Publish a distribution, the file at a path, or bytes: see `serving.published`."""
        from reference_server.serving import published

        return published.publish(
            self.registry,
            what,
            index_url=lambda: self._index_of(gitlab_project),
            gitlab_project=gitlab_project,
        )

    def publish_folder(self, folder: Path | str, *, gitlab_project: int = OWN) -> tuple[Published, ...]:
        """Publish all wheels and sdists in a folder: see `serving.published`."""
        from reference_server.serving import published

        return published.publish_folder(
            self.registry,
            folder,
            index_url=lambda: self._index_of(gitlab_project),
            gitlab_project=gitlab_project,
        )

    def _index_of(self, gitlab_project: int) -> str:
        is_own = gitlab_project in {OWN, self.registry.own}
        return self.index_url if is_own else self.gitlab_project(gitlab_project).index_url

    # who uses it

    @property
    def ca_bundle(self) -> Path | None:
        """The certificates to trust, or None without TLS."""
        return None

    @property
    def client_certificate(self) -> Path | None:
        """A client's certificate with its key, or None where clients need none."""
        return None

    def client_env(
        self,
        client: str,
        folder: Path | str,
        *,
        credentials: Place = "config",
        username: str | None = None,
        password: str | None = None,
    ) -> dict[str, str]:
        """Write the configuration of a client for this registry into a folder, and return the client's environment.

        The clients are `pip`, `uv`, `twine`, `poetry`, `pdm`, `hatch`, `flit` and `tox`. See
        `clients.configuration.client_environment`, also for the errors.
        """
        from reference_server.clients.access import Access
        from reference_server.clients.configuration import client_environment

        access = Access(
            index_url=self.index_url,
            upload_url=self.url,
            username=self.username if username is None else username,
            password=self.password if password is None else password,
            ca_bundle=self.ca_bundle,
            client_certificate=self.client_certificate,
        )
        return client_environment(client, access, Path(folder).absolute(), credentials=credentials)

    # what it does

    @property
    def switchboard(self) -> Switchboard:
        """The faults that are on."""
        return self.app.switchboard

    @property
    def mirror(self) -> Mirror:
        """The mirror of the upstream. Raises `ValueError` without one."""
        if self.app.mirror is None:
            raise ValueError("this server mirrors no upstream")
        return self.app.mirror

    def reset(self) -> None:
        """Return to the faults of the start, forget all requests, and remove all packages, statuses and closed names.

        A folder is listed again as it is, and a recording as it was. What an upstream was asked for is
        asked for again. Users, tokens and GitLab projects stay.
        """
        self.switchboard.put(self._faults)
        self.requests.clear()
        self.registry.store.forget()
        if self.app.mirror is not None:
            self.app.mirror.forget()

    # what it was asked

    @property
    def requests(self) -> RequestLog:
        """The requests so far, in order. Those for the page are left out."""
        return self.app.log

    def target(self) -> dict[str, Any]:
        """Return this server's description in the format of the suite's `registry.toml`."""
        table = target_table(
            self.origin,
            max_file_size=self._max_file_size,
            flavour=self.flavour,
            secrets=self._secrets,
            switches=self.switchboard.switches(),
        )
        if self.flavour != flavour_named(self.flavour.name):
            table |= {"upload-url": self.url, "index-url": self.index_url}
        return table | declared(self._upstream)


def _check_names(options: Iterable[str]) -> None:
    unknown = sorted(set(options) - RegistryOptions.__optional_keys__)
    if unknown:
        error = no_option(unknown, sorted(RegistryOptions.__optional_keys__), of="a registry here")
        if OF_A_SERVER.intersection(unknown):
            error.add_note("A server of its own has it: ReferenceServer, or pypi_registry_factory in a test.")
        raise error


@dataclass(frozen=True)
class ServedGitLabProject:
    """The registry of one GitLab project, in GitLab's layout."""

    served: ServedRegistry
    id: int

    @property
    def url(self) -> str:
        """The repository URL for twine."""
        return self.served.origin + REPOSITORY.replace("{gitlab_project}", str(self.id))

    @property
    def index_url(self) -> str:
        """The index URL for pip."""
        return f"{self.url}/simple/"

    def publish(self, what: Distribution | Path | str | bytes) -> Published:
        """Publish as `ServedRegistry.publish` does."""
        return self.served.publish(what, gitlab_project=self.id)
