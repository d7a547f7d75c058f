"""The protocol of a store, which keeps the state of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from reference_server.model import (
        DeployToken,
        GitLabProject,
        JobToken,
        Package,
        PackageFile,
        PersonalAccessToken,
        ProjectStatus,
        Token,
    )
    from reference_server.model.blob import Blob
    from reference_server.store.blobs import Blobs


class Store(Protocol):
    """The state of a registry. Each method is atomic; `with lock` makes several of them one transaction.

    Ids come from `next_id`, so a larger id is a newer row; tokens have ids of their own. A package has its files in
    the order of their ids. A blob is removed with the last file that uses it. Of a token's secret, only the digest
    is kept.
    """

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Keep all other writers out. The lock is reentrant."""

    @property
    def is_copy(self) -> bool:
        """Whether it has what another index has. Then its serials count what was fetched."""

    @property
    def blobs(self) -> Blobs:
        """The place for incoming content."""

    def keeping(self, blob: Blob) -> AbstractContextManager[Blob]:
        """Move a blob into the store, to be added to a package within the block.

        At the end of the block it is removed unless a file uses it.
        """

    def close(self) -> None:
        """Close the store. A persistent store keeps its state."""

    def announce(self, origin: str) -> None:
        """Write down where the registry is served, for commands on this machine that find the store in use."""

    # GitLab projects and tokens

    def add_gitlab_project(self, gitlab_project: GitLabProject) -> None:
        """Add or replace the GitLab project with this id."""

    def add_personal_access_token(self, token: PersonalAccessToken) -> None:
        """Add or replace the personal access token with this secret."""

    def add_deploy_token(self, token: DeployToken) -> None:
        """Add or replace the deploy token with this secret."""

    def add_job_token(self, token: JobToken) -> None:
        """Add or replace the job token with this secret."""

    def gitlab_project(self, reference: str) -> GitLabProject | None:
        """Find a GitLab project by its id, or by its full path in any case."""

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""

    def gitlab_projects(self) -> tuple[GitLabProject, ...]:
        """Return all GitLab projects, by id."""

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens by id, with empty secrets."""

    def put_token(self, token: Token) -> None:
        """Replace the token with this id. It keeps its secret."""

    def remove_token(self, token_id: int) -> None:
        """Remove a token, if it exists."""

    # packages

    def next_id(self) -> int:
        """Return a new id, larger than all earlier ones."""

    def put_package(self, package: Package) -> None:
        """Add or replace the package with this id."""

    def remove_package(self, package_id: int) -> None:
        """Remove a package, if it exists."""

    def package(self, package_id: int) -> Package | None:
        """Find a package."""

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return the packages of a GitLab project, oldest first."""

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of one project in a GitLab project, oldest first."""

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this digest and this name, oldest first."""

    def generated_names(self, gitlab_project: int) -> Sequence[str]:
        """Return the normalized names of projects whose packages are made when they are asked for by name."""

    def generated_serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serials of those projects, by name."""

    @property
    def edition(self) -> object | None:
        """Another object after each change of anything; None where changes may not be noticed at once.

        A reader who takes the edition first finds in the state what the edition stands for, or something newer.
        """

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project, or of a whole GitLab project."""

    def serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serial of each project that ever changed, by normalized name."""

    def put_status(self, gitlab_project: int, normalized: str, status: ProjectStatus) -> None:
        """Set the status of a project. It outlives the project's packages."""

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Return the status of a project (default: active)."""

    def close_filename(self, gitlab_project: int, normalized: str, filename: str) -> None:
        """Refuse this file name from now on."""

    def is_closed_filename(self, gitlab_project: int, normalized: str, filename: str) -> bool:
        """Return whether this file name is refused."""

    def forget(self) -> None:
        """Remove all packages, statuses and closed file names. A store of recorded or found files has these again."""
