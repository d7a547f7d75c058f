"""The clean environment of a client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# An interpreter needs these to start and to find its libraries.
_INHERITED = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
)


def hermetic(home: Path, *, ca_bundle: Path | None = None, **extra: str) -> dict[str, str]:
    """Return an environment without any of the user's own settings.

    In: `home`, an existing private directory for everything that a client looks up under HOME (`.netrc`,
    `.pypirc`, keyrings, caches) and for temporary files; `ca_bundle`, the certificates to trust instead of the
    client's own, for targets behind a private CA; `extra`, variables to add or replace.
    Out: the whole environment of a process.

    Clients write and use bytecode: without it, they take three times as long to start.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "PATH": _system_path(environment),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "NO_PROXY": "*",  # macOS and Windows have proxies outside the environment
        "PIP_CONFIG_FILE": os.devnull,  # the only value that also excludes a global pip.conf
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        # pipenv and others make environments with virtualenv, which asks the package index for newer seed packages,
        # in a process that outlives the client
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        "VIRTUALENV_NO_DOWNLOAD": "1",
    }
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(home))
    if ca_bundle is not None:
        bundle = str(ca_bundle.absolute())
        environment |= {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
    return environment | extra


def _system_path(environment: Mapping[str, str]) -> str:
    """Return a PATH with the system's programs only. `os.defpath` is useless on Windows."""
    if "SYSTEMROOT" in environment:
        return str(Path(environment["SYSTEMROOT"]) / "System32")
    return os.defpath
