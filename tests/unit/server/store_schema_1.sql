BEGIN TRANSACTION;
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    digests TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "blobs" VALUES('e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d',1004,'{"sha256": "e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d", "md5": "4cee4773e52537105b483b675f4853b8", "blake2_256": "b6e8dc32721d10b0b2b40156ca04e5964109288589acc686c1b376b07429fd9c"}');
CREATE TABLE closed_filenames (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    filename TEXT NOT NULL,
    PRIMARY KEY (gitlab_project, normalized, filename)
) STRICT, WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO "counters" VALUES('id',2);
INSERT INTO "counters" VALUES('change',3);
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
INSERT INTO "files" VALUES(2,1,'demo-1.0-py3-none-any.whl','e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d','{"sha256": "e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d", "md5": "4cee4773e52537105b483b675f4853b8", "blake2_256": "b6e8dc32721d10b0b2b40156ca04e5964109288589acc686c1b376b07429fd9c"}',NULL,'2026-11-22T12:00:00.170000+00:00','e3c053422fea9c050e27746ec9d37d7e3f8a999cdd94b4ae32270fab1ef5a91d',X'4D657461646174612D56657273696F6E3A20322E310A4E616D653A2064656D6F0A56657273696F6E3A20312E300A53756D6D6172793A205075626C69736865642062792061207265676973747279277320636F6E666F726D616E63652072756E3B207361666520746F2064656C6574652E0A','old',NULL);
CREATE TABLE gitlab_projects (
    position INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    lower_path TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
INSERT INTO "gitlab_projects" VALUES(1,1,'conformance/registry','{"id": 1, "full_path": "conformance/registry", "visibility": "private", "packages_enabled": true, "members": {"guest": 10, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}}');
INSERT INTO "gitlab_projects" VALUES(2,2,'conformance/public','{"id": 2, "full_path": "conformance/public", "visibility": "public", "packages_enabled": true, "members": {"guest": 10, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}}');
INSERT INTO "gitlab_projects" VALUES(3,3,'conformance/switched-off','{"id": 3, "full_path": "conformance/switched-off", "visibility": "private", "packages_enabled": false, "members": {"guest": 10, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}}');
INSERT INTO "gitlab_projects" VALUES(4,4,'conformance/elsewhere','{"id": 4, "full_path": "conformance/elsewhere", "visibility": "private", "packages_enabled": true, "members": {"maintainer": 40}}');
INSERT INTO "gitlab_projects" VALUES(5,5,'conformance/internal','{"id": 5, "full_path": "conformance/internal", "visibility": "internal", "packages_enabled": true, "members": {"guest": 10, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}}');
CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    gitlab_project INTEGER NOT NULL,
    name TEXT NOT NULL,
    normalized TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at TEXT NOT NULL,
    change INTEGER NOT NULL  -- the serial of its last change
) STRICT;
INSERT INTO "packages" VALUES(1,1,'demo','demo','1.0','2026-11-22T12:00:00.170000+00:00',2);
CREATE TABLE serials (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    serial INTEGER NOT NULL,
    PRIMARY KEY (gitlab_project, normalized)
) STRICT, WITHOUT ROWID;
INSERT INTO "serials" VALUES(1,'demo',3);
CREATE TABLE statuses (
    gitlab_project INTEGER NOT NULL,
    normalized TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (gitlab_project, normalized)
) STRICT, WITHOUT ROWID;
INSERT INTO "statuses" VALUES(1,'demo','deprecated',NULL);
CREATE TABLE tokens (
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, secret)
) STRICT, WITHOUT ROWID;
INSERT INTO "tokens" VALUES('DeployToken','reference-deploy-elsewhere-token','{"username": "deploy-elsewhere", "gitlab_project": 4, "scopes": ["read_package_registry", "write_package_registry"]}');
INSERT INTO "tokens" VALUES('DeployToken','reference-deploy-read-token','{"username": "deploy-read", "gitlab_project": 1, "scopes": ["read_package_registry"]}');
INSERT INTO "tokens" VALUES('DeployToken','reference-deploy-write-token','{"username": "deploy-write", "gitlab_project": 1, "scopes": ["read_package_registry", "write_package_registry"]}');
INSERT INTO "tokens" VALUES('JobToken','reference-job-finished-token','{"user": "maintainer", "gitlab_project": 1, "running": false}');
INSERT INTO "tokens" VALUES('JobToken','reference-job-token','{"user": "maintainer", "gitlab_project": 1, "running": true}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-api-token','{"user": "maintainer", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-developer-token','{"user": "developer", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-expired-token','{"user": "maintainer", "scopes": ["api"], "expired": true, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-guest-token','{"user": "guest", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-maintainer-token','{"user": "maintainer", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-owner-token','{"user": "owner", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-read-api-token','{"user": "maintainer", "scopes": ["read_api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-reporter-token','{"user": "reporter", "scopes": ["api"], "expired": false, "revoked": false}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-revoked-token','{"user": "maintainer", "scopes": ["api"], "expired": false, "revoked": true}');
INSERT INTO "tokens" VALUES('PersonalAccessToken','reference-stranger-token','{"user": "stranger", "scopes": ["api"], "expired": false, "revoked": false}');
CREATE INDEX gitlab_projects_by_path ON gitlab_projects (lower_path);
CREATE INDEX packages_by_gitlab_project ON packages (gitlab_project, id, change);
CREATE INDEX packages_by_name ON packages (gitlab_project, normalized, id, change);
CREATE INDEX files_by_package ON files (package_id, id);
CREATE INDEX files_by_name ON files (sha256, filename);
CREATE INDEX files_by_blob ON files (blob);
CREATE INDEX serials_by_gitlab_project ON serials (gitlab_project, serial);
COMMIT;
PRAGMA user_version = 1;
