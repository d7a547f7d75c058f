"""The clean environment that a client is started with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Without these an interpreter does not start, or does not find its own libraries.
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
    """Return environment variables that let nothing of the user's own settings through.

    In: `home`, an existing private directory, which serves for everything a client
    looks up under HOME (`.netrc`, `.pypirc`, keyrings, caches) and for temporary files;
    `ca_bundle`, the certificates to trust instead of the client's own, for targets
    behind a private CA; `extra`, variables that are added, or win over the ones here.
    Out: the whole environment, to be passed to a process as it is.

    Bytecode is written and used, whatever the caller's environment says: a client
    without it takes three times as long to start.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "PATH": _system_path(environment),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "NO_PROXY": "*",  # macOS and Windows have proxies outside the environment
        "PIP_CONFIG_FILE": os.devnull,  # the one value that also shuts out a global pip.conf
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(home))
    if ca_bundle is not None:
        bundle = str(ca_bundle.absolute())
        environment |= {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
    return environment | extra


def _system_path(environment: Mapping[str, str]) -> str:
    """Return a PATH with the system's own programs only; os.defpath is no use on Windows."""
    if "SYSTEMROOT" in environment:
        return str(Path(environment["SYSTEMROOT"]) / "System32")
    return os.defpath
