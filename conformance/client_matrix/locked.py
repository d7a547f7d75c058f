"""What a lock file has to have, in whatever format: a release of a project, and the hash of a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.verdicts import Deviation

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.distributions import Distribution

LOCK_FILES = ("pylock.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")

_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_OF_THE_PROJECT = re.compile(r'^\s*(content[-_]hash\s*=|"sha256":).*$', re.MULTILINE)
"""A line with the hash of the project file: of poetry, of pdm and of pipenv."""


def require_locked(folder: Path, wanted: Distribution) -> None:
    """Raise Deviation unless the lock file names the version of a distribution, and its hash where it has hashes."""
    path = next((folder / each for each in LOCK_FILES if (folder / each).exists()), None)
    if path is None:
        raise Deviation(expected="a lock file", found="none", where=", ".join(LOCK_FILES))
    text = path.read_text(encoding="utf-8")
    if not re.search(rf"[\"'](==)?{re.escape(wanted.version)}[\"']", text):
        raise Deviation(expected=f"version {wanted.version}", found="no such version", where=path.name)
    hashes = _SHA256.findall(_OF_THE_PROJECT.sub("", text))
    if hashes and wanted.sha256 not in hashes:
        raise Deviation(
            expected=f"sha256 {wanted.sha256} of {wanted.filename}", found="other hashes", where=path.name
        )
