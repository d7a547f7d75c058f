"""Secrets of new tokens: random, with GitLab's prefixes, by which scanners recognize them."""

from __future__ import annotations

import secrets

PERSONAL, DEPLOY, JOB = "glpat-", "gldt-", "glcbt-"
BYTES = 24  # of randomness


def new_secret(prefix: str) -> str:
    """Return a new secret."""
    return prefix + secrets.token_urlsafe(BYTES)
