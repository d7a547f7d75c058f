"""The registry: rules applied to state. No HTTP, no clock of its own, no randomness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.errors import (
    FileNameDisagreesError,
    FileNameInvalidError,
    FileNameTakenError,
    FileTooLargeError,
    GitLabProjectNotFoundError,
    NameInvalidError,
    NotFoundError,
    PackageNotFoundError,
    RegistryError,
    RequiresPythonInvalidError,
    RequiresPythonTooLongError,
    VersionInvalidError,
)
from reference_server.grammar import name_and_version
from reference_server.model import Package, PackageFile, Upload
from reference_server.rules import Rules
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reference_server.model import Action, Caller, Credentials, GitLabProject


class Registry:
    """What can be asked of the registry and done to it. Safe to use from several threads.

    `now` tells the time; `rules` decide; `store` remembers.
    """

    def __init__(
        self, *, now: Callable[[], datetime], rules: Rules | None = None, store: MemoryStore | None = None
    ) -> None:
        self.now = now
        self.rules = rules or Rules()
        self.store = store or MemoryStore()

    def under(self, rules: Rules) -> Registry:
        """Give the same registry, the same state, under other rules."""
        return Registry(now=self.now, rules=rules, store=self.store)

    def close(self) -> None:
        """Remove what lies on disk."""
        self.store.blobs.close()

    # who may do what

    def gitlab_project(self, reference: str) -> GitLabProject:
        """Find a GitLab project by id or full path. Raises `GitLabProjectNotFoundError`."""
        gitlab_project = self.store.gitlab_project(reference)
        if gitlab_project is None:
            raise GitLabProjectNotFoundError
        return gitlab_project

    def identify(self, credentials: Credentials) -> Caller:
        """Tell who presents these credentials. Raises `NotAuthenticatedError`."""
        return self.rules.identify(credentials, self.store)

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Let the caller do this, or raise (see `reference_server.access.authorize`)."""
        self.rules.authorize(caller, gitlab_project, action)

    # reading

    def packages(self, gitlab_project: GitLabProject, *, name: str | None = None) -> tuple[Package, ...]:
        """Give all packages, or those of one project by any spelling of its name, oldest first."""
        if name is None:
            return self.store.packages(gitlab_project.id)
        return self.store.packages_named(gitlab_project.id, self.rules.normalize(name))

    def package(self, gitlab_project: GitLabProject, package_id: int) -> Package:
        """Find a package by its id. Raises `NotFoundError`."""
        package = self.store.package(package_id)
        if package is None or package.gitlab_project != gitlab_project.id:
            raise NotFoundError
        return package

    def listed(self, gitlab_project: GitLabProject, name: str) -> tuple[Package, ...]:
        """Give a project's packages with the files that its page lists.

        Raises `PackageNotFoundError` when there are none.
        """
        packages = tuple(
            replace(package, files=files)
            for package in self.packages(gitlab_project, name=name)
            if (files := tuple(file for file in package.files if self.rules.lists(file)))
        )
        if not packages:
            raise PackageNotFoundError
        return packages

    def project_names(self, gitlab_project: GitLabProject) -> tuple[str, ...]:
        """Give the normalized name of every project with a file that is listed, each once, sorted."""
        packages = self.packages(gitlab_project)
        return tuple(sorted({each.normalized for each in packages if any(map(self.rules.lists, each.files))}))

    def file(self, gitlab_project: GitLabProject, sha256: str, filename: str) -> PackageFile:
        """Find the newest file by digest and name. Raises `PackageNotFoundError`."""
        for package in reversed(self.packages(gitlab_project)):
            for file in reversed(package.files):
                if self.rules.finds(file, sha256, filename):
                    return file
        raise PackageNotFoundError

    # writing

    def publish(
        self,
        filename: str,
        content: bytes,
        *,
        name: str | None = None,
        version: str | None = None,
        requires_python: str | None = None,
        gitlab_project: int = 1,
    ) -> PackageFile:
        """Put a distribution in, as an upload by somebody who may would.

        The name and the version are those of the file name, unless given. Raises what `upload` raises,
        and `ValueError` when the file name does not tell what was not given.
        """
        owner = self.gitlab_project(str(gitlab_project))
        if name is None or version is None:
            told = name_and_version(filename)
            if told is None:
                message = f"give name= and version=: {filename!r} does not tell them"
                raise ValueError(message)
            name, version = name or told[0], version or str(told[1])
        blob = self.store.blobs.add(content)
        return self.upload(
            owner,
            Upload(name=name, version=version, filename=filename, blob=blob, requires_python=requires_python),
        )

    def upload(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile:
        """Take a distribution, whole or not at all: the blob of a refused one is removed.

        Raises `FileTooLargeError`, `FieldError` and each `PackageInvalidError`.
        """
        kept = False
        try:
            self._check(upload)
            with self.store.lock:
                file = self._add(gitlab_project, upload)
            kept = file.blob is upload.blob
        except RegistryError:
            kept = self.rules.keeps_rejected
            if kept:
                self._append(gitlab_project, upload)
            raise
        else:
            return file
        finally:
            if not kept:
                upload.blob.remove()

    def _check(self, upload: Upload) -> None:
        rules = self.rules
        if rules.max_file_size is not None and upload.blob.size > rules.max_file_size:
            raise FileTooLargeError
        if not rules.valid_name(upload.name):
            raise NameInvalidError
        if not rules.valid_version(upload.version):
            raise VersionInvalidError
        if upload.requires_python and len(upload.requires_python) > rules.max_requires_python:
            raise RequiresPythonTooLongError
        if upload.requires_python and not rules.valid_requires_python(upload.requires_python):
            raise RequiresPythonInvalidError
        if not rules.valid_filename(upload.filename):
            raise FileNameInvalidError
        if not rules.filename_agrees(upload.filename, upload.name, upload.version):
            raise FileNameDisagreesError
        rules.verify_digests(upload.digests, upload.blob.digests)

    def _add(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile:
        existing = self._existing(gitlab_project, upload)
        normalized = self.rules.normalize(upload.name)
        if self.store.is_closed_filename(gitlab_project.id, normalized, upload.filename):
            raise FileNameTakenError
        if existing is None or self.rules.duplicates == "add":
            return self._append(gitlab_project, upload)
        if self.rules.duplicates == "ignore":
            return existing
        if self.rules.duplicates == "reject":
            raise FileNameTakenError
        self._drop(gitlab_project, existing)
        return self._append(gitlab_project, upload)

    def _existing(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile | None:
        package = self._package_of(gitlab_project, upload)
        files = package.files if package else ()
        return next((file for file in files if self.rules.is_duplicate(file, upload)), None)

    def _package_of(self, gitlab_project: GitLabProject, upload: Upload) -> Package | None:
        wanted = self.rules.version_key(upload.version)
        for package in self.packages(gitlab_project, name=upload.name):
            if self.rules.version_key(package.version) == wanted:
                return package
        return None

    def _append(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile:
        with self.store.lock:
            package = self._package_of(gitlab_project, upload) or Package(
                id=self.store.next_id(),
                gitlab_project=gitlab_project.id,
                name=upload.name,
                normalized=self.rules.normalize(upload.name),
                version=upload.version,
                created_at=self.now(),
            )
            file = PackageFile(
                id=self.store.next_id(),
                package_id=package.id,
                filename=upload.filename,
                digests=self.rules.recorded_digests(upload.digests, upload.blob.digests),
                requires_python=upload.requires_python or None,
                created_at=self.now(),
                blob=upload.blob,
            )
            self.store.put_package(replace(package, files=(*package.files, file)))
            return file

    # deleting

    def delete_package(self, gitlab_project: GitLabProject, package_id: int) -> None:
        """Remove a package with its files. Raises `NotFoundError`."""
        with self.store.lock:
            package = self.package(gitlab_project, package_id)
            for file in package.files:
                self._forget(gitlab_project, file)
            if not self.package(gitlab_project, package_id).files:
                self.store.remove_package(package_id)

    def delete_file(self, gitlab_project: GitLabProject, package_id: int, file_id: int) -> None:
        """Remove one file of a package; the package stays. Raises `NotFoundError`."""
        with self.store.lock:
            for file in self.package(gitlab_project, package_id).files:
                if file.id == file_id:
                    self._forget(gitlab_project, file)
                    return
        raise NotFoundError

    def _forget(self, gitlab_project: GitLabProject, file: PackageFile) -> None:
        if not self.rules.forgets(file):
            return
        if not self.rules.reopens_filenames:
            package = self.package(gitlab_project, file.package_id)
            self.store.close_filename(gitlab_project.id, package.normalized, file.filename)
        self._drop(gitlab_project, file)

    def _drop(self, gitlab_project: GitLabProject, file: PackageFile) -> None:
        package = self.package(gitlab_project, file.package_id)
        self.store.put_package(
            replace(package, files=tuple(each for each in package.files if each.id != file.id))
        )
        file.blob.remove()
