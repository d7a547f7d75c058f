"""The registry: rules applied to state. No HTTP, no clock, no randomness."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from reference_server.archives.opening import leniently
from reference_server.model import Package, PackageFile, ProjectStatus, Status, Upload
from reference_server.model.errors import (
    GitLabProjectNotFoundError,
    NotFoundError,
    PackageNotFoundError,
    ProjectClosedError,
    RegistryError,
)
from reference_server.model.grammar import read_from, version_key
from reference_server.rules import groups
from reference_server.rules.acceptance import check, inspect, require_showable, with_metadata
from reference_server.rules.current_tokens import CurrentTokens
from reference_server.rules.rules import Rules, exactly
from reference_server.rules.selection import OWN, Selection
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from reference_server.archives.archive import Archive
    from reference_server.model import Action, Caller, CoreMetadata, Credentials, GitLabProject, Group
    from reference_server.store.protocol import Store


class Registry:
    """A package registry. Safe to use from several threads.

    `now` is the clock; `rules` decide; `store` keeps the state. `own` is the id of the GitLab project that is meant
    where none is named.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        rules: Rules | None = None,
        store: Store | None = None,
        own: int = 1,
    ) -> None:
        self.now = now
        self.own = own
        self.rules = rules or Rules()
        self.store: Store = store or MemoryStore()

    def under(self, rules: Rules) -> Registry:
        """Return a registry with the same state and other rules."""
        return Registry(now=self.now, rules=rules, store=self.store, own=self.own)

    def close(self) -> None:
        """Close the store. State in memory is lost."""
        self.store.close()

    # access

    def gitlab_project(self, reference: str) -> GitLabProject:
        """Find a GitLab project by id or full path. Raises `GitLabProjectNotFoundError`."""
        gitlab_project = self.store.gitlab_project(reference)
        if gitlab_project is None:
            raise GitLabProjectNotFoundError
        return gitlab_project

    def group(self, reference: str) -> Group:
        """Find a group by id or full path. Raises `GroupNotFoundError`."""
        return groups.group(self.store.gitlab_projects(), reference)

    def readable_in(self, group: Group, caller: Caller, action: Action) -> tuple[GitLabProject, ...]:
        """Return the GitLab projects of a group for a reading action. Raises as `groups.readable` does."""
        members = self.rules.group_members(self.store.gitlab_projects(), group)
        return self.rules.readable_in_group(self.authorize, caller, members, action)

    def identify(self, credentials: Credentials, action: Action | None = None) -> Caller:
        """Return the caller with these credentials, as an action reads them. Raises `NotAuthenticatedError`."""
        read = credentials if action is None else self.rules.reads(credentials, action)
        return self.rules.identify(read, CurrentTokens(self.store, self.now))

    def authorize(self, caller: Caller, gitlab_project: GitLabProject, action: Action) -> None:
        """Check that the caller may do this. Raises as `reference_server.rules.access.authorize` does."""
        self.rules.authorize(caller, gitlab_project, action)

    # reading

    def packages(self, gitlab_project: GitLabProject, *, name: str | None = None) -> tuple[Package, ...]:
        """Return all packages, or those of one project under any spelling of its name, oldest first."""
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
        """Return a project's packages with the files that its page lists. Its status may hide all files.

        Raises `PackageNotFoundError` for an unknown project.
        """
        wanted = self.rules.requested_name or self.rules.normalize
        packages = tuple(
            replace(package, files=files)
            for package in self.store.packages_named(gitlab_project.id, wanted(name))
            if (files := tuple(file for file in package.files if self.rules.lists(file)))
        )
        if not packages:
            raise PackageNotFoundError
        if not self.rules.offers_files(self.status(gitlab_project, name)):
            return tuple(replace(package, files=()) for package in packages)
        return packages

    def status(self, gitlab_project: GitLabProject, name: str) -> ProjectStatus:
        """Return the status of a project under any spelling of its name. An unknown project is active."""
        return self.store.status(gitlab_project.id, self.rules.normalize(name))

    def display_names(self, gitlab_project: GitLabProject) -> Mapping[str, str]:
        """Return the name on the root page of each project with a listed file, by normalized name, sorted."""
        projects: dict[str, list[Package]] = {}
        for package in self.listed_versions(gitlab_project):
            projects.setdefault(package.normalized, []).append(package)
        return {name: self.rules.display_name(projects[name]) for name in sorted(projects)}

    def listed_versions(self, gitlab_project: GitLabProject) -> tuple[Package, ...]:
        """Return the packages with a listed file, oldest first."""
        packages = self.packages(gitlab_project)
        return tuple(package for package in packages if any(map(self.rules.lists, package.files)))

    def project_names(self, gitlab_project: GitLabProject) -> tuple[str, ...]:
        """Return the normalized names of all projects with a listed file, sorted."""
        return tuple(self.display_names(gitlab_project))

    def file(self, gitlab_project: GitLabProject, sha256: str, filename: str) -> PackageFile:
        """Find the newest available file by digest and name. Raises `PackageNotFoundError`."""
        if self.rules.finds is exactly:
            files = self.store.files_named(gitlab_project.id, sha256, filename)
        else:
            files = tuple(file for package in self.packages(gitlab_project) for file in package.files)
        return self._newest(tuple(each for each in files if self.rules.finds(each, sha256, filename)))

    def file_of(self, gitlab_project: GitLabProject, name: str, version: str, filename: str) -> PackageFile:
        """Find the newest available file of a version by name. Raises `PackageNotFoundError`."""
        files = (file for package in self._releases(name, version, gitlab_project) for file in package.files)
        return self._newest(tuple(each for each in files if each.filename == filename))

    def _newest(self, files: tuple[PackageFile, ...]) -> PackageFile:
        for file in reversed(files):
            package = self.store.package(file.package_id)
            if package and self.rules.offers_files(
                self.store.status(package.gitlab_project, package.normalized)
            ):
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
        gitlab_project: int = OWN,
    ) -> PackageFile:
        """Publish a distribution, as an authorized upload does.

        Name and version come from the file name by default. The content may be any bytes: it is not checked.
        Raises the other errors of `upload`, and `ValueError` for a file name without a name and a version.
        """
        owner = self._owner(gitlab_project)
        if name is None or version is None:
            parsed = read_from(filename, name)
            if parsed is None:
                raise ValueError(f"give name= and version=: {filename!r} does not contain them")
            name, version = name or parsed[0], version or str(parsed[1])
        blob = self.store.blobs.add(content)
        rules = replace(self.rules, open_archive=leniently(self.rules.open_archive), archive_checks=())
        upload = Upload(
            name=name, version=version, filename=filename, blob=blob, requires_python=requires_python
        )
        return self.under(rules).upload(owner, upload)

    def upload(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile:
        """Store a distribution, or reject it and remove its blob.

        Raises `FileTooLargeError`, `FieldError` and each `PackageInvalidError`.
        """
        archive: Archive | None = None
        with self.store.keeping(upload.blob) as blob:
            upload = self.rules.understood(replace(upload, blob=blob))
            try:
                check(upload, self.rules)
                archive = inspect(upload, self.rules)
                accepted = with_metadata(upload, archive, self.rules)
                with self.store.lock:
                    return self._add(gitlab_project, accepted)
            except RegistryError:
                if self.rules.keeps_rejected:
                    self._append(gitlab_project, with_metadata(upload, archive, self.rules))
                raise

    def _add(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile:
        normalized = self.rules.normalize(upload.name)
        status = self.store.status(gitlab_project.id, normalized)
        if not self.rules.takes_uploads(status):
            raise ProjectClosedError(normalized, status.status)
        existing = self._existing(gitlab_project, upload)
        if self.store.is_closed_filename(gitlab_project.id, normalized, upload.filename):
            raise self.rules.file_name_closed()
        if existing is None and self.rules.project_checks:
            self._check_beside(self.packages(gitlab_project), upload)
        if existing is None or self.rules.duplicates == "add":
            return self._append(gitlab_project, upload)
        if self.rules.duplicates == "ignore" or self._is_taken_again(existing, upload):
            return existing
        if self.rules.duplicates == "reject" and not gitlab_project.duplicates_allowed:
            raise self.rules.file_name_taken(existing)
        self._drop(gitlab_project, existing)
        return self._append(gitlab_project, upload)

    def _check_beside(self, packages: tuple[Package, ...], upload: Upload) -> None:
        for fits in self.rules.project_checks:
            fits(upload, packages)

    def _is_taken_again(self, existing: PackageFile, upload: Upload) -> bool:
        same = existing.blob.digests["sha256"] == upload.blob.digests["sha256"]
        return same and self.rules.takes_identical

    def _existing(self, gitlab_project: GitLabProject, upload: Upload) -> PackageFile | None:
        package = self._package_of(gitlab_project, upload)
        files = package.files if package else ()
        return next((file for file in files if self.rules.is_duplicate(file, upload)), None)

    def _package_of(self, gitlab_project: GitLabProject, upload: Upload) -> Package | None:
        apart = self.rules.keeps_spellings_apart
        packages = self._of_version(gitlab_project, upload.name, upload.version)
        return next((each for each in packages if not apart or each.name == upload.name), None)

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
                core_metadata=upload.core_metadata,
                published_by=upload.published_by,
            )
            self.store.put_package(replace(package, files=(*package.files, file)))
            return file

    # changing

    def yank(self, name: str, *, reason: str = "", **selection: Unpack[Selection]) -> None:
        """Yank files. Raises `PackageNotFoundError`, `InvalidFieldError`. Source: PyPA "File yanking"."""
        require_showable("reason", reason)
        self._change(name, lambda file: replace(file, yanked=reason), **selection)

    def unyank(self, name: str, **selection: Unpack[Selection]) -> None:
        """Undo a yank. Raises `PackageNotFoundError` when there are no such files."""
        self._change(name, lambda file: replace(file, yanked=None), **selection)

    def set_upload_time(self, name: str, when: datetime, **selection: Unpack[Selection]) -> None:
        """Let files have been uploaded at this time. Raises `PackageNotFoundError`."""
        self._change(name, lambda file: replace(file, created_at=when), **selection)

    def set_metadata(self, name: str, metadata: CoreMetadata | None, **selection: Unpack[Selection]) -> None:
        """Let files have this metadata file, whatever is in the archive, or none. Raises `PackageNotFoundError`."""
        self._change(name, lambda file: replace(file, core_metadata=metadata), **selection)

    def set_status(
        self, name: str, status: Status | str, *, reason: str | None = None, gitlab_project: int = OWN
    ) -> None:
        """Set a project's status. Raises as `yank` does, and `ValueError` for an unknown status."""
        require_showable("reason", reason or "")
        marker = ProjectStatus(status=Status(status), reason=reason)
        with self.store.lock:
            packages = self.packages(owner := self._owner(gitlab_project), name=name)
            if not packages:
                raise PackageNotFoundError
            self.store.put_status(owner.id, packages[0].normalized, marker)

    def attach_provenance(
        self, name: str, filename: str, provenance: Mapping[str, Any] | None, *, gitlab_project: int = OWN
    ) -> None:
        """Attach provenance to a file, unverified; None removes it. Raises `PackageNotFoundError`, `ValueError`."""
        document = None if provenance is None else json.dumps(provenance, allow_nan=False).encode()
        self._change(
            name,
            lambda file: replace(file, provenance=document),
            filename=filename,
            gitlab_project=gitlab_project,
        )

    def delete(self, name: str, **selection: Unpack[Selection]) -> None:
        """Delete a project, a version or a file. Raises `PackageNotFoundError`."""
        with self.store.lock:
            owner = self._owner(selection.get("gitlab_project", OWN))
            if selection.get("filename") is not None:
                for file in self._selected(name, **selection):
                    self._forget(owner, file)
                return  # the package stays, even without files
            packages = self._releases(name, selection.get("version"), owner)
            if not packages:
                raise PackageNotFoundError
            for package in packages:
                self.delete_package(owner, package.id)

    def _owner(self, gitlab_project: int) -> GitLabProject:
        return self.gitlab_project(str(gitlab_project or self.own))

    def _releases(self, name: str, version: str | None, owner: GitLabProject) -> tuple[Package, ...]:
        """Find the packages of a project, or of one of its versions, with or without files."""
        return self.packages(owner, name=name) if version is None else self._of_version(owner, name, version)

    def _of_version(self, owner: GitLabProject, name: str, version: str) -> tuple[Package, ...]:
        key = self.rules.version_key
        if key is version_key:
            return self.store.packages_of_version(owner.id, self.rules.normalize(name), version)
        return tuple(each for each in self.packages(owner, name=name) if key(each.version) == key(version))

    def _selected(
        self, name: str, *, version: str | None = None, filename: str | None = None, gitlab_project: int = OWN
    ) -> tuple[PackageFile, ...]:
        """Find files, oldest first. Raises `PackageNotFoundError` when there are none."""
        files = tuple(
            file
            for package in self._releases(name, version, self._owner(gitlab_project))
            for file in package.files
            if filename is None or file.filename == filename
        )
        if not files:
            raise PackageNotFoundError
        return files

    def _change(
        self, name: str, change: Callable[[PackageFile], PackageFile], **selection: Unpack[Selection]
    ) -> None:
        with self.store.lock:
            chosen = {file.id: file.package_id for file in self._selected(name, **selection)}
            for package_id in dict.fromkeys(chosen.values()):
                package = self.package(self._owner(selection.get("gitlab_project", OWN)), package_id)
                files = tuple(change(file) if file.id in chosen else file for file in package.files)
                self.store.put_package(replace(package, files=files))

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
            files = {file.id: file for file in self.package(gitlab_project, package_id).files}
            if file_id not in files:
                raise NotFoundError
            self._forget(gitlab_project, files[file_id])

    def _forget(self, gitlab_project: GitLabProject, file: PackageFile) -> None:
        if not self.rules.forgets(file):
            return
        if not self.rules.reopens_filenames:
            package = self.package(gitlab_project, file.package_id)
            self.store.close_filename(gitlab_project.id, package.normalized, file.filename)
        self._drop(gitlab_project, file)

    def _drop(self, gitlab_project: GitLabProject, file: PackageFile) -> None:
        package = self.package(gitlab_project, file.package_id)
        files = tuple(each for each in package.files if each.id != file.id)
        self.store.put_package(replace(package, files=files))
