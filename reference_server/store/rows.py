"""Conversion between database rows and data."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
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
    ProtectionRule,
    RegistryAccess,
    Role,
    Token,
    TokenRecord,
    User,
    Visibility,
)
from reference_server.model.grammar import version_text
from reference_server.store.tokens import KINDS
from reference_server.store.verified import StoredBlob

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reference_server.model.blob import Blob
    from reference_server.store.verified import VerifiedFiles

GET_PACKAGES = "SELECT id, gitlab_project, name, normalized, version, created_at FROM packages"
GET_PACKAGE = f"{GET_PACKAGES} WHERE id = ?"
PUT_GITLAB_PROJECT = (
    "INSERT INTO gitlab_projects (id, lower_path, document) VALUES (?, ?, ?) ON CONFLICT (id) "
    "DO UPDATE SET lower_path = excluded.lower_path, document = excluded.document"
)
PUT_ACCESS = """
    INSERT INTO tokens (kind, digest, document) VALUES (?, ?, ?)
    ON CONFLICT (kind, digest) DO UPDATE SET document = excluded.document
"""
PUT_STATUS = (
    "INSERT OR REPLACE INTO statuses (gitlab_project, normalized, status, reason) VALUES (?, ?, ?, ?)"
)
CLOSE_FILENAME = (
    "INSERT OR IGNORE INTO closed_filenames (gitlab_project, normalized, filename) VALUES (?, ?, ?)"
)
PACKAGES_OF_VERSION = """
    SELECT id, change FROM packages WHERE gitlab_project = ? AND normalized = ? AND version_key = ? ORDER BY id
"""
PACKAGES_WITH_FILE = (
    "SELECT DISTINCT packages.id, change FROM files JOIN packages ON packages.id = package_id "
    "WHERE sha256 = ? AND filename = ? AND gitlab_project = ?"
)
SERIAL_OF_ALL = "SELECT max(serial) FROM serials WHERE gitlab_project = ?"
SERIAL = f"{SERIAL_OF_ALL} AND normalized = ?"
SERIALS = "SELECT normalized, serial FROM serials WHERE gitlab_project = ?"
PUT_PACKAGE = """
    INSERT INTO packages (id, gitlab_project, name, normalized, version, version_key, created_at, change)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET gitlab_project = excluded.gitlab_project, name = excluded.name,
    normalized = excluded.normalized, version = excluded.version, version_key = excluded.version_key,
    created_at = excluded.created_at, change = excluded.change
"""
GET_ALL_FILES = """
    SELECT blobs.sha256, blobs.size, blobs.digests, id, package_id, filename, files.digests, requires_python,
    created_at, core_metadata, yanked, provenance, published_by
    FROM files JOIN blobs ON blobs.sha256 = blob
"""
GET_FILES = f"{GET_ALL_FILES} WHERE package_id = ? ORDER BY id"
PUT_FILE = """
    INSERT OR REPLACE INTO files (id, package_id, filename, digests, requires_python, created_at,
    core_metadata, yanked, provenance, published_by, sha256, blob) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PUT_BLOB = "INSERT OR IGNORE INTO blobs (sha256, size, digests) VALUES (?, ?, ?)"
DROP_BLOB = """
    DELETE FROM blobs WHERE sha256 = :sha256 AND NOT EXISTS (SELECT 1 FROM files WHERE blob = :sha256)
"""


def package_row(package: Package) -> tuple[Any, ...]:
    """Return the values for `PUT_PACKAGE`, except the change."""
    return (
        package.id,
        package.gitlab_project,
        package.name,
        package.normalized,
        package.version,
        version_text(package.version),
        package.created_at.isoformat(),
    )


def package(row: tuple[Any, ...], files: Iterable[PackageFile]) -> Package:
    """Return the package in a row of `GET_PACKAGE`."""
    number, gitlab_project, name, normalized, version, created_at = row
    return Package(
        id=number,
        gitlab_project=gitlab_project,
        name=name,
        normalized=normalized,
        version=version,
        created_at=_moment(created_at),
        files=tuple(files),
    )


def file_row(file: PackageFile) -> tuple[Any, ...]:
    """Return the values for `PUT_FILE`."""
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
        file.published_by,
        file.sha256,
        file.blob.digests["sha256"],
    )


def file(row: tuple[Any, ...], blob: Blob) -> PackageFile:
    """Return the file in a row of `GET_FILES`, without the leading columns of the blob."""
    number, package_id, filename, digests, requires_python, created_at, metadata, *rest = row
    yanked, provenance, published_by = rest
    return PackageFile(
        id=number,
        package_id=package_id,
        filename=filename,
        digests=_digests(digests),
        requires_python=requires_python,
        created_at=_moment(created_at),
        blob=blob,
        core_metadata=None if metadata is None else CoreMetadata(metadata),
        yanked=yanked,
        provenance=provenance,
        published_by=published_by,
    )


def blob_row(blob: Blob) -> tuple[Any, ...]:
    """Return the values for `PUT_BLOB`."""
    return blob.digests["sha256"], blob.size, json.dumps(dict(blob.digests))


def blob(row: tuple[Any, ...], path: Path, files: VerifiedFiles) -> Blob:
    """Return the blob in the leading columns of a row of `GET_FILES`."""
    _, size, digests = row
    return StoredBlob(path, size, _digests(digests), files)


def gitlab_project_document(gitlab_project: GitLabProject) -> str:
    """Write a GitLab project as JSON."""
    return json.dumps(
        {
            "id": gitlab_project.id,
            "full_path": gitlab_project.full_path,
            "visibility": gitlab_project.visibility,
            "packages_enabled": gitlab_project.packages_enabled,
            "members": dict(gitlab_project.members),
            "duplicates_allowed": gitlab_project.duplicates_allowed,
            "job_token_scope": sorted(gitlab_project.job_token_scope),
            "registry_access": gitlab_project.registry_access,
            "protection_rules": list(map(asdict, gitlab_project.protection_rules)),
        }
    )


def gitlab_project(document: str) -> GitLabProject:
    """Read a GitLab project."""
    fields = json.loads(document)
    members = {name: Role(role) for name, role in fields["members"].items()}
    scope = frozenset(fields.get("job_token_scope", ()))
    access = RegistryAccess(fields.get("registry_access", RegistryAccess.ENABLED))
    rules = tuple(ProtectionRule(**each) for each in fields.get("protection_rules", ()))
    return GitLabProject(
        **fields
        | {"visibility": Visibility(fields["visibility"]), "members": MappingProxyType(members)}
        | {"job_token_scope": scope, "registry_access": access, "protection_rules": rules}
    )


def token_document(token: Token) -> str:
    """Write a token as JSON, without its id and its secret."""
    fields: dict[str, Any] = {}
    match token:
        case PersonalAccessToken():
            fields = {"user": token.user.name, "scopes": sorted(token.scopes)}
            fields |= {"expired": token.expired, "revoked": token.revoked}
        case DeployToken():
            fields = {"username": token.username, "scopes": sorted(token.scopes), "revoked": token.revoked}
            fields |= {"gitlab_project": token.gitlab_project}
        case JobToken():
            fields = {"user": token.user.name, "running": token.running}
            fields |= {"gitlab_project": token.gitlab_project}
    return json.dumps(fields | {"record": _record_fields(token.record)})


def token(number: int, kind: str, document: str) -> Token:
    """Read a token, with an empty secret."""
    fields = json.loads(document)
    if "user" in fields:
        fields["user"] = User(fields["user"])
    if "scopes" in fields:
        fields["scopes"] = frozenset(fields["scopes"])
    record = _record(number, fields.pop("record", {}))
    return KINDS[kind](secret="", record=record, **fields)


def _record_fields(record: TokenRecord) -> dict[str, str | None]:
    return {
        "name": record.name,
        "created_at": record.created_at.isoformat() if record.created_at else None,
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
    }


def _record(number: int, fields: dict[str, Any]) -> TokenRecord:
    created_at, expires_at = fields.get("created_at"), fields.get("expires_at")
    return TokenRecord(
        id=number,
        name=fields.get("name", ""),
        created_at=_moment(created_at) if created_at else None,
        expires_at=date.fromisoformat(expires_at) if expires_at else None,
    )


def _digests(document: str) -> MappingProxyType[str, str]:
    found = json.loads(document)
    return MappingProxyType({str(name): str(digest) for name, digest in found.items()})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
