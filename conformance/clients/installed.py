"""The content of an installation: projects according to pip, and files byte by byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING, ClassVar
from zipfile import ZipFile

from packaging.utils import canonicalize_name

from conformance.clients.client import Client
from conformance.clients.run import ClientMissing

if TYPE_CHECKING:
    from pathlib import Path

_PRINT_INSTALLED = """
import json, sys, pip_api
found = pip_api.installed_distributions(paths=[sys.argv[1]])
print(json.dumps({name: str(distribution.version) for name, distribution in found.items()}))
"""
_MADE_BY_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


@dataclass(frozen=True, kw_only=True)
class PipApi(Client):
    """Queries pip through pip-api, in a separate process because pip-api passes its environment on to pip."""

    name: ClassVar[str] = "pip-api"

    def installed(self, target: Path) -> dict[str, str]:
        """Return the version of each project installed in the directory `target`, by normalized name.

        Errors: ClientMissing if pip-api does not work.
        Source: https://github.com/di/pip-api#usage
        """
        run = self._run_python("-c", _PRINT_INSTALLED, str(target.absolute()), version=self.version)
        if not run.succeeded:
            raise ClientMissing(self.name, cause=str(run), hint=f"Try: {self.python} -m pip list")
        return {canonicalize_name(name): version for name, version in json.loads(run.stdout).items()}


def installed_versions(target: Path) -> dict[str, str]:
    """Return the version in the metadata of each project installed in `target`, by normalized name.

    Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    described = [each.metadata for each in distributions(path=[str(target)])]
    return {
        canonicalize_name(each["Name"]): each["Version"]
        for each in described
        if {"Name", "Version"} <= {*each}
    }


def installed_files(target: Path) -> dict[str, bytes]:
    """Return the installed files in `target` by relative path, without those that an installer adds."""
    paths = (path for path in sorted(target.rglob("*")) if path.is_file())
    return {
        name: path.read_bytes() for path in paths if _from_wheel(name := path.relative_to(target).as_posix())
    }


def wheel_files(wheel: Path) -> dict[str, bytes]:
    """Return the members of `wheel` that a correct installation has as `installed_files`."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist()) if _from_wheel(name)}


def _from_wheel(name: str) -> bool:
    directory, _, file = name.rpartition("/")
    return not name.endswith("/") and not (directory.endswith(".dist-info") and file in _MADE_BY_INSTALLERS)


def site_of(folder: Path) -> Path | None:
    """Return where a client has installed to in a folder: the directory `site`, or the environment `.venv`."""
    places = [
        folder / "site",
        *folder.glob(".venv/lib/python*/site-packages"),
        folder / ".venv/Lib/site-packages",
    ]
    return next((each for each in places if each.is_dir()), None)
