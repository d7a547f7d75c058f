"""What `features` of registry.toml may claim though asking finds it: a claim that is not found is a failure."""

from __future__ import annotations

EVIDENCE = {
    "api-version": "the version that project pages declare",
    "auth-read": "a refusal of a page without a credential",
    "cache": "`max-age` in the Cache-Control of a project page",
    "conditional": "an ETag or Last-Modified of a project page",
    "cors": "Access-Control-Allow-Origin of a project page",
    "format-param": "a page in JSON for `?format=application/vnd.pypi.simple.v1+json`",
    "gpg": "`gpg-sig` of a link",
    "gzip": "a project page with `Content-Encoding: gzip`",
    "hashes": "a link with a hash",
    "html": "a project page in HTML",
    "json": "a project page in JSON",
    "json-api": "a description of a project with `info`, `releases` or `urls`",
    "latest-alias": "a page for `application/vnd.pypi.simple.latest+json`",
    "local-versions": "an accepted upload of a local version",
    "metadata": "`core-metadata` or `dist-info-metadata` of a link",
    "project-list": "the list of projects",
    "provenance": "`provenance` of a link",
    "range": "`Accept-Ranges: bytes` or status 206 of a file",
    "redirect-normalized": "a redirect from another spelling of a name",
    "requires-python": "`requires-python` of a link",
    "status": "the status of a project",
    "upload-time": "`upload-time` of a link",
    "yank": "`yanked` of a link",
}
"""Features that asking finds, each with what it is found by."""

OF_GITLAB = {"group": "an index of the group", "rest": "a list of packages in GitLab's REST API"}
"""What the profile of a GitLab project claims, and [gitlab-projects], each with what it is found by."""

OF_SOME_FILES = frozenset({"metadata", "requires-python"})
"""What only some files have; those that a run publishes are among them."""

OF_UPLOADS = frozenset({"local-versions"})
"""What only the answer to an upload shows: a run that publishes nothing cannot look for it."""

OF_SOME_PROJECTS = frozenset({"gpg", "provenance", "status", "yank"})
"""What a page shows only after a change, or an upload, that a run may not be able to make."""


def certain_features(*, read_only: bool) -> frozenset[str]:
    """Return the features that every run finds where a registry has them; fewer, where it publishes nothing."""
    uncertain = OF_SOME_PROJECTS | (OF_SOME_FILES | OF_UPLOADS if read_only else frozenset())
    return frozenset(EVIDENCE.keys() - uncertain)
