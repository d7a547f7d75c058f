"""The schema of a store: one migration script per version."""

from __future__ import annotations

_FIRST = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES ('id', 0), ('change', 0);

CREATE TABLE gitlab_projects (
    position INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    lower_path TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX gitlab_projects_by_path ON gitlab_projects (lower_path);

CREATE TABLE tokens (
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, secret)
) STRICT, WITHOUT ROWID;

CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    gitlab_project INTEGER NOT NULL,
    name TEXT NOT NULL,
    normalized TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at TEXT NOT NULL,
    change INTEGER NOT NULL  -- the serial of its last change
) STRICT;
CREATE INDEX packages_by_gitlab_project ON packages (gitlab_project, id, change);
CREATE INDEX packages_by_name ON packages (gitlab_project, normalized, id, change);

CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    digests TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    package_id INTEGER NOT NULL REFERENCES packages (id),
    filename TEXT NOT NULL,
    sha256 TEXT NOT NULL,  -- as recorded and shown; `blob` is what the bytes have
    digests TEXT NOT NULL,
    requires_python TEXT,
    created_at TEXT NOT NULL,
    blob TEXT NOT NULL REFERENCES blobs (sha256),
    core_metadata BLOB,
    yanked TEXT,
    provenance BLOB
) STRICT;
CREATE INDEX files_by_package ON files (package_id, id);
CREATE INDEX files_by_name ON files (sha256, filename);
CREATE INDEX files_by_blob ON files (blob);

CREATE TABLE statuses (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (gitlab_project, normalized)
) STRICT, WITHOUT ROWID;

CREATE TABLE closed_filenames (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    filename TEXT NOT NULL,
    PRIMARY KEY (gitlab_project, normalized, filename)
) STRICT, WITHOUT ROWID;

CREATE TABLE serials (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    serial INTEGER NOT NULL,
    PRIMARY KEY (gitlab_project, normalized)
) STRICT, WITHOUT ROWID;
CREATE INDEX serials_by_gitlab_project ON serials (gitlab_project, serial);
"""

_TOKENS_BY_DIGEST = """
CREATE TABLE tokens_by_digest (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (kind, digest)
) STRICT;
INSERT INTO tokens_by_digest (kind, digest, document)
SELECT kind, digest_of(secret), document FROM tokens ORDER BY kind, secret;
DROP TABLE tokens;
ALTER TABLE tokens_by_digest RENAME TO tokens;

ALTER TABLE files ADD COLUMN published_by TEXT;
"""
"""Replaces the secrets of tokens with their digests, by the function `digest_of` of the connection."""

_IDENTITY = """
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
"""
"""Names the store, as the mark beside the blobs does."""

_VERSION_KEYS = """
ALTER TABLE packages ADD COLUMN version_key TEXT;  -- equal for equal versions
UPDATE packages SET version_key = version_text(version);
CREATE INDEX packages_by_version ON packages (gitlab_project, normalized, version_key, id, change);
"""
"""Lets one version of a project be found without the others, by the function `version_text` of the connection."""

VERSIONS = (_FIRST, _TOKENS_BY_DIGEST, _IDENTITY, _VERSION_KEYS)
"""The script at index N migrates schema N to schema N + 1. Released scripts never change."""
