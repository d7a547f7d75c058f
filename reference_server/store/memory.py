"""State in memory: tables of immutable rows behind one lock."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from reference_server.model import ACTIVE, DeployToken, JobToken, PersonalAccessToken, ProjectStatus
from reference_server.model.grammar import version_key
from reference_server.store.blobs import Blobs
from reference_server.store.only_stored import OnlyStored
from reference_server.store.tokens import TokenTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from reference_server.model import GitLabProject, Package, PackageFile, Token
    from reference_server.model.blob import Blob


class MemoryStore(OnlyStored):
    """A store in memory. Each method is atomic; hold `lock` around several."""

    def __init__(self, *, blobs: Blobs | None = None, tokens: TokenTable | None = None) -> None:
        self.lock = RLock()
        self.blobs = blobs or Blobs()
        self._ids = count(1)
        self._gitlab_projects: dict[int, GitLabProject] = {}
        self._tokens = tokens or TokenTable()
        self._packages: dict[int, Package] = {}
        self._packages_by_name: dict[tuple[int, str], dict[int, Package]] = {}
        self._packages_by_version: dict[tuple[int, str, Hashable], dict[int, Package]] = {}
        self._closed_filenames: set[tuple[int, str, str]] = set()
        self._files: dict[tuple[int, str], dict[int, PackageFile]] = {}  # by file name
        self._statuses: dict[tuple[int, str], ProjectStatus] = {}
        self._serials: dict[tuple[int, str | None], int] = {}
        self._changes = count(1)
        self._edition = object()
        self._users: Counter[Path] = Counter()  # the number of files per blob on disk

    def close(self) -> None:
        """Remove all blobs from disk."""
        self.blobs.close()

    def announce(self, origin: str) -> None:
        """Do nothing: no other process finds this store."""

    @contextmanager
    def keeping(self, blob: Blob) -> Iterator[Blob]:
        """Return the blob itself, and remove it at the end of the block unless a file uses it."""
        try:
            yield blob
        finally:
            with self.lock:
                self._remove_unused([blob])

    # GitLab projects and tokens

    def add_gitlab_project(self, gitlab_project: GitLabProject) -> None:
        """Add or replace the GitLab project with this id."""
        with self.lock:
            self._gitlab_projects[gitlab_project.id] = gitlab_project
            self._edition = object()

    def add_personal_access_token(self, token: PersonalAccessToken) -> None:
        """Add or replace the personal access token with this secret."""
        with self.lock:
            self._tokens.add(token)
            self._edition = object()

    def add_deploy_token(self, token: DeployToken) -> None:
        """Add or replace the deploy token with this secret."""
        with self.lock:
            self._tokens.add(token)
            self._edition = object()

    def add_job_token(self, token: JobToken) -> None:
        """Add or replace the job token with this secret."""
        with self.lock:
            self._tokens.add(token)
            self._edition = object()

    def gitlab_project(self, reference: str) -> GitLabProject | None:
        """Find a GitLab project by its id, or by its full path in any case."""
        with self.lock:
            if reference.isascii() and reference.isdigit():
                return self._gitlab_projects.get(int(reference)) if len(reference) < 20 else None
            wanted = reference.lower()
            return next((p for p in self._gitlab_projects.values() if p.full_path.lower() == wanted), None)

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""
        with self.lock:
            return self._tokens.find(PersonalAccessToken, secret)

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""
        with self.lock:
            return self._tokens.find(DeployToken, secret)

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""
        with self.lock:
            return self._tokens.find(JobToken, secret)

    def gitlab_projects(self) -> tuple[GitLabProject, ...]:
        """Return all GitLab projects, by id."""
        with self.lock:
            return tuple(self._gitlab_projects[number] for number in sorted(self._gitlab_projects))

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens by id, with empty secrets."""
        with self.lock:
            return tuple(self._tokens)

    def put_token(self, token: Token) -> None:
        """Replace the token with this id. It keeps its secret."""
        with self.lock:
            self._tokens.put(token)
            self._edition = object()

    def remove_token(self, token_id: int) -> None:
        """Remove a token, if it exists."""
        with self.lock:
            self._tokens.remove(token_id)
            self._edition = object()

    def load_token(self, digest: str, token: Token) -> None:
        """Add a token with an id, by the digest of its secret."""
        with self.lock:
            self._tokens.load(digest, token)
            self._edition = object()

    # packages

    def next_id(self) -> int:
        """Return a new id, larger than all earlier ones."""
        with self.lock:
            return next(self._ids)

    def put_package(self, package: Package) -> None:
        """Add or replace the package with this id."""
        with self.lock:
            before = self._packages.get(package.id)
            self._users.update(_paths(package))
            self._unindex(before)
            if before and _version_key(before) != _version_key(package):
                self._unlist(before)
            self._packages[package.id] = package
            self._packages_by_name.setdefault(_key(package), {})[package.id] = package
            self._packages_by_version.setdefault(_version_key(package), {})[package.id] = package
            for file in package.files:
                self._files.setdefault(_file_key(package, file), {})[file.id] = file
            self._changed(package.gitlab_project, package.normalized)
            self._remove_unused(file.blob for file in (before.files if before else ()))

    def remove_package(self, package_id: int) -> None:
        """Remove a package, if it exists."""
        with self.lock:
            package = self._packages.pop(package_id, None)
            if package:
                self._unlist(package)
                self._unindex(package)
                self._changed(package.gitlab_project, package.normalized)
                self._remove_unused(file.blob for file in package.files)

    def _unlist(self, package: Package) -> None:
        """Remove a package from those of its name and of its version."""
        name, version = _key(package), _version_key(package)
        del self._packages_by_name[name][package.id]
        if not self._packages_by_name[name]:
            del self._packages_by_name[name]
        del self._packages_by_version[version][package.id]
        if not self._packages_by_version[version]:
            del self._packages_by_version[version]

    def _unindex(self, package: Package | None) -> None:
        if package is None:
            return
        for path in _paths(package):
            self._users[path] -= 1
            if not self._users[path]:
                del self._users[path]  # `-=` of counters looks at all of them
        for file in package.files:
            key = _file_key(package, file)
            del self._files[key][file.id]
            if not self._files[key]:
                del self._files[key]

    def _remove_unused(self, blobs: Iterable[Blob]) -> None:
        for blob in blobs:
            if isinstance(blob.content, Path) and not self._users[blob.content]:
                blob.remove()

    def _changed(self, gitlab_project: int, normalized: str) -> None:
        serial = next(self._changes)
        self._serials[gitlab_project, normalized] = self._serials[gitlab_project, None] = serial
        self._edition = object()

    def package(self, package_id: int) -> Package | None:
        """Find a package."""
        with self.lock:
            return self._packages.get(package_id)

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return the packages of a GitLab project, oldest first."""
        with self.lock:
            return tuple(
                each for each in _oldest_first(self._packages) if each.gitlab_project == gitlab_project
            )

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of one project in a GitLab project, oldest first."""
        with self.lock:
            return tuple(_oldest_first(self._packages_by_name.get((gitlab_project, normalized), {})))

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        with self.lock:
            key = gitlab_project, normalized, version_key(version)
            return tuple(_oldest_first(self._packages_by_version.get(key, {})))

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this digest and this name, oldest first."""
        with self.lock:
            files = self._files.get((gitlab_project, filename), {})
            return tuple(files[number] for number in sorted(files) if files[number].sha256 == sha256)

    @property
    def edition(self) -> object | None:
        """Another object after each change of anything; None where changes may not be noticed at once."""
        return self._edition

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project, or of a whole GitLab project."""
        with self.lock:
            return self._serials.get((gitlab_project, normalized), 0)

    def serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serial of each project that ever changed, by normalized name."""
        with self.lock:
            every = self._serials.items()
            return {
                name: each for (owner, name), each in every if owner == gitlab_project and name is not None
            }

    def put_status(self, gitlab_project: int, normalized: str, status: ProjectStatus) -> None:
        """Set the status of a project. It outlives the project's packages."""
        with self.lock:
            self._statuses[gitlab_project, normalized] = status
            self._changed(gitlab_project, normalized)

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Return the status of a project (default: active)."""
        with self.lock:
            return self._statuses.get((gitlab_project, normalized), ACTIVE)

    def close_filename(self, gitlab_project: int, normalized: str, filename: str) -> None:
        """Refuse this file name from now on."""
        with self.lock:
            self._closed_filenames.add((gitlab_project, normalized, filename))
            self._edition = object()

    def is_closed_filename(self, gitlab_project: int, normalized: str, filename: str) -> bool:
        """Return whether this file name is refused."""
        with self.lock:
            return (gitlab_project, normalized, filename) in self._closed_filenames

    def forget(self) -> None:
        """Remove all packages, statuses and closed file names. Serials go on."""
        with self.lock:
            for package_id in sorted(self._packages):
                self.remove_package(package_id)
            for gitlab_project, normalized in sorted(self._statuses):
                self._changed(gitlab_project, normalized)
            self._statuses.clear()
            self._closed_filenames.clear()
            self._edition = object()


def _oldest_first(packages: Mapping[int, Package]) -> Iterator[Package]:
    """Yield packages in the order of their ids."""
    return map(packages.__getitem__, sorted(packages))


def _key(package: Package) -> tuple[int, str]:
    return package.gitlab_project, package.normalized


def _version_key(package: Package) -> tuple[int, str, Hashable]:
    return package.gitlab_project, package.normalized, version_key(package.version)


def _file_key(package: Package, file: PackageFile) -> tuple[int, str]:
    return package.gitlab_project, file.filename


def _paths(package: Package) -> list[Path]:
    return [file.blob.content for file in package.files if isinstance(file.blob.content, Path)]
