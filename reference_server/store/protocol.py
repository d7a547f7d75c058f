"""What a registry needs of the place where its state lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from reference_server.model import (
        DeployToken,
        GitLabProject,
        JobToken,
        Package,
        PackageFile,
        PersonalAccessToken,
        ProjectStatus,
    )
    from reference_server.model.blob import Blob
    from reference_server.store.blobs import Blobs


class Store(Protocol):
    """Everything a registry remembers. Each method is atomic; `with lock` makes several of them one.

    Ids come from `next_id`, so that a greater id is a younger row; a package has its files in the order of
    their ids. A blob is removed when the last file that has it is gone.
    """

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Keep all other writers out. Whoever holds it may take it again."""

    @property
    def blobs(self) -> Blobs:
        """Where contents are put on their way in."""

    def keeping(self, blob: Blob) -> AbstractContextManager[Blob]:
        """Give the blob as files of this store have it, to be put into a package within the block.

        At the end of the block it is removed, unless a file has it.
        """

    def close(self) -> None:
        """Let go of everything. What is to last lasts."""

    # GitLab projects and tokens

    def add_gitlab_project(self, gitlab_project: GitLabProject) -> None:
        """Add or change a GitLab project, by its id."""

    def add_personal_access_token(self, token: PersonalAccessToken) -> None:
        """Add or change a personal access token, by its secret."""

    def add_deploy_token(self, token: DeployToken) -> None:
        """Add or change a deploy token, by its secret."""

    def add_job_token(self, token: JobToken) -> None:
        """Add or change a job token, by its secret."""

    def gitlab_project(self, reference: str) -> GitLabProject | None:
        """Find a GitLab project by its id, or by its full path in any letter case."""

    def personal_access_token(self, secret: str) -> PersonalAccessToken | None:
        """Find a personal access token."""

    def deploy_token(self, secret: str) -> DeployToken | None:
        """Find a deploy token."""

    def job_token(self, secret: str) -> JobToken | None:
        """Find a job token."""

    # packages

    def next_id(self) -> int:
        """Give a number that no row has or had, above all that were given before."""

    def put_package(self, package: Package) -> None:
        """Add or change a package, by its id."""

    def remove_package(self, package_id: int) -> None:
        """Remove a package, if it is there."""

    def package(self, package_id: int) -> Package | None:
        """Find a package."""

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Give the packages of a GitLab project, oldest first."""

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Give the packages of one project in a GitLab project, oldest first."""

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Give the files with this digest and this name, oldest first."""

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Give a number that grows with every change of a project, or of a whole GitLab project."""

    def put_status(self, gitlab_project: int, normalized: str, status: ProjectStatus) -> None:
        """Change the status of a project, which outlives its packages."""

    def status(self, gitlab_project: int, normalized: str) -> ProjectStatus:
        """Give the status of a project: active unless it was changed."""

    def close_filename(self, gitlab_project: int, normalized: str, filename: str) -> None:
        """Remember that this file name is never to be taken again."""

    def is_closed_filename(self, gitlab_project: int, normalized: str, filename: str) -> bool:
        """Tell whether the file name is never to be taken again."""
