"""Rows of a database, and what they stand for."""

from __future__ import annotations

import json
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reference_server.model import (
    CoreMetadata,
    DeployToken,
    GitLabProject,
    JobToken,
    Package,
    PackageFile,
    PersonalAccessToken,
    Role,
    User,
    Visibility,
)
from reference_server.model.blob import Blob

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GET_PACKAGE = "SELECT id, gitlab_project, name, normalized, version, created_at FROM packages WHERE id = ?"
PUT_PACKAGE = """
    INSERT INTO packages (id, gitlab_project, name, normalized, version, created_at, change)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET gitlab_project = excluded.gitlab_project, name = excluded.name,
    normalized = excluded.normalized, version = excluded.version, created_at = excluded.created_at,
    change = excluded.change
"""
GET_FILES = """
    SELECT blobs.sha256, blobs.size, blobs.digests, id, package_id, filename, files.digests, requires_python,
    created_at, core_metadata, yanked, provenance
    FROM files JOIN blobs ON blobs.sha256 = blob WHERE package_id = ? ORDER BY id
"""
PUT_FILE = """
    INSERT OR REPLACE INTO files (id, package_id, filename, digests, requires_python, created_at,
    core_metadata, yanked, provenance, sha256, blob) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PUT_BLOB = "INSERT OR IGNORE INTO blobs (sha256, size, digests) VALUES (?, ?, ?)"
DROP_BLOB = """
    DELETE FROM blobs WHERE sha256 = :sha256 AND NOT EXISTS (SELECT 1 FROM files WHERE blob = :sha256)
"""


def package_row(package: Package) -> tuple[Any, ...]:
    """Give what `PUT_PACKAGE` takes, up to the change."""
    return (
        package.id,
        package.gitlab_project,
        package.name,
        package.normalized,
        package.version,
        package.created_at.isoformat(),
    )


def package(row: tuple[Any, ...], files: Iterable[PackageFile]) -> Package:
    """Make a package of what `GET_PACKAGE` finds."""
    number, gitlab_project, name, normalized, version, created_at = row
    return Package(
        id=number,
        gitlab_project=gitlab_project,
        name=name,
        normalized=normalized,
        version=version,
        created_at=datetime.fromisoformat(created_at),
        files=tuple(files),
    )


def file_row(file: PackageFile) -> tuple[Any, ...]:
    """Give what `PUT_FILE` takes."""
    return (
        file.id,
        file.package_id,
        file.filename,
        json.dumps(dict(file.digests)),
        file.requires_python,
        file.created_at.isoformat(),
        file.core_metadata.document if file.core_metadata else None,
        file.yanked,
        file.provenance,
        file.sha256,
        file.blob.digests["sha256"],
    )


def file(row: tuple[Any, ...], blob: Blob) -> PackageFile:
    """Make a file of what `GET_FILES` finds after the blob."""
    number, package_id, filename, digests, requires_python, created_at, metadata, yanked, provenance = row
    return PackageFile(
        id=number,
        package_id=package_id,
        filename=filename,
        digests=_digests(digests),
        requires_python=requires_python,
        created_at=datetime.fromisoformat(created_at),
        blob=blob,
        core_metadata=None if metadata is None else CoreMetadata(metadata),
        yanked=yanked,
        provenance=provenance,
    )


def blob_row(blob: Blob) -> tuple[Any, ...]:
    """Give what `PUT_BLOB` takes."""
    return blob.digests["sha256"], blob.size, json.dumps(dict(blob.digests))


def blob(row: tuple[Any, ...], path: Path) -> Blob:
    """Make a blob of what `GET_FILES` finds first."""
    _, size, digests = row
    return Blob(path, size, _digests(digests))


def gitlab_project_document(gitlab_project: GitLabProject) -> str:
    """Write a GitLab project as JSON."""
    return json.dumps(
        {
            "id": gitlab_project.id,
            "full_path": gitlab_project.full_path,
            "visibility": gitlab_project.visibility,
            "packages_enabled": gitlab_project.packages_enabled,
            "members": dict(gitlab_project.members),
        }
    )


def gitlab_project(document: str) -> GitLabProject:
    """Read a GitLab project."""
    told = json.loads(document)
    members = {name: Role(role) for name, role in told["members"].items()}
    return GitLabProject(
        **told | {"visibility": Visibility(told["visibility"]), "members": MappingProxyType(members)}
    )


def token_document(token: PersonalAccessToken | DeployToken | JobToken) -> str:
    """Write a token as JSON, without its secret."""
    match token:
        case PersonalAccessToken():
            told: dict[str, Any] = {
                "user": token.user.name,
                "scopes": sorted(token.scopes),
                "expired": token.expired,
                "revoked": token.revoked,
            }
        case DeployToken():
            told = {
                "username": token.username,
                "gitlab_project": token.gitlab_project,
                "scopes": sorted(token.scopes),
            }
        case JobToken():
            told = {
                "user": token.user.name,
                "gitlab_project": token.gitlab_project,
                "running": token.running,
            }
    return json.dumps(told)


def personal_access_token(secret: str, document: str) -> PersonalAccessToken:
    """Read a personal access token."""
    told = json.loads(document)
    user, scopes = User(told["user"]), frozenset(told["scopes"])
    return PersonalAccessToken(secret=secret, **told | {"user": user, "scopes": scopes})


def deploy_token(secret: str, document: str) -> DeployToken:
    """Read a deploy token."""
    told = json.loads(document)
    return DeployToken(secret=secret, **told | {"scopes": frozenset(told["scopes"])})


def job_token(secret: str, document: str) -> JobToken:
    """Read a job token."""
    told = json.loads(document)
    return JobToken(secret=secret, **told | {"user": User(told["user"])})


def _digests(document: str) -> MappingProxyType[str, str]:
    return MappingProxyType(json.loads(document))
