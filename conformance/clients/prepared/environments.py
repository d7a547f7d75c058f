"""The folder of environments: which are there, and where.

Each environment is in a folder of its own name that is used by nothing until a file beside it says that it is
complete. That file is put in place at once, and last: an interrupted preparation leaves a folder that nothing uses.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.clients.prepared.spec import ClientSpec, client_spec
from conformance.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".json"
ABANDONED = 24 * 60 * 60
"""Seconds after which the folder of a preparation that never ended is removed."""


def python_tag() -> str:
    """Return the Python of this process as the names of environments have it, such as `py312`."""
    return f"py{sys.version_info.major}{sys.version_info.minor}"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment that is complete: the client that was asked for, its version, and the interpreter to run it."""

    spec: ClientSpec
    version: str
    python: Path


@dataclass(frozen=True)
class EnvironmentFolder:
    """A folder with environments for the Python of this process."""

    path: Path

    @classmethod
    def default(cls) -> EnvironmentFolder:
        """Return the folder in the user's cache."""
        from platformdirs import user_cache_path  # takes a while to import

        return cls(user_cache_path("registry-conformance") / "clients")

    def find(self, spec: ClientSpec) -> Environment | None:
        """Return the environment of a client, or None: it is not there, lost its Python, or needs other companions."""
        return self._read(self._record(spec))

    def require(self, spec: ClientSpec) -> Environment:
        """Return the environment of a client. Raises UserError with the command that makes it."""
        found = self.find(spec)
        if found is None:
            raise UserError(
                f"the client {spec} is not prepared", f"Run: registry-conformance clients prepare '{spec}'"
            )
        return found

    def all(self) -> list[Environment]:
        """Return every environment, sorted by client and version."""
        records = sorted(self.path.glob(f"*.{python_tag()}{SUFFIX}"))
        return sorted(filter(None, map(self._read, records)), key=lambda each: (each.spec.name, each.version))

    def new_folder(self, spec: ClientSpec) -> Path:
        """Return a new folder for an environment that is not complete. Raises UserError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=f"{spec}.{python_tag()}.", dir=self.path))
        except OSError as error:
            raise UserError(
                f"cannot make an environment in {self.path}: {error.strerror}",
                "Is there room, and may you write there?",
            ) from error

    def complete(self, spec: ClientSpec, folder: Path, *, version: str, upgrade: bool = False) -> Environment:
        """Return the environment in a folder, or the one that another process has completed in the meantime.

        That one may be in use already, so it stays, and the folder is removed. With `upgrade` it stays only where it
        has the same version.
        """
        text = json.dumps(
            {"client": str(spec), "version": version, "folder": folder.name, "requires": spec.requirements}
        )
        with tempfile.NamedTemporaryFile(
            "w", dir=self.path, prefix=".", suffix=".new", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        new = Path(file.name)
        there = self._there_first(spec, new, upgrade_to=version if upgrade else "")
        new.unlink(missing_ok=True)
        if there:
            shutil.rmtree(folder, ignore_errors=True)
        return there or Environment(spec=spec, version=version, python=interpreter(folder))

    def _there_first(self, spec: ClientSpec, new: Path, *, upgrade_to: str) -> Environment | None:
        """Put a record in place, and return None; or the environment that is there and stays."""
        record = self._record(spec)
        try:
            os.link(new, record)  # unlike a replacement, it fails where another process was first
        except OSError:
            there = self.find(spec)
            if there and upgrade_to in {"", there.version}:
                return there
            if replaced := self._recorded_folder(record):
                with suppress(OSError):
                    os.utime(replaced)  # a run may be using it: it is kept for another day
            os.replace(new, record)  # noqa: PTH105 - atomic, and says so
        return None

    def remove_abandoned(self) -> None:
        """Remove the folders of preparations that ended a day ago or earlier without an environment."""
        used = {self._recorded_folder(record) for record in self.path.glob(f"*{SUFFIX}")}
        for folder in self._folders():
            if folder not in used and time.time() - _changed(folder) > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> Iterator[Path]:
        return (each for each in self.path.glob("*") if each.is_dir())

    def _record(self, spec: ClientSpec) -> Path:
        return self.path / f"{spec}.{python_tag()}{SUFFIX}"

    def _recorded_folder(self, record: Path) -> Path | None:
        try:
            return self.path / Path(json.loads(record.read_text(encoding="utf-8"))["folder"]).name
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _read(self, record: Path) -> Environment | None:
        try:
            table = json.loads(record.read_text(encoding="utf-8"))
            spec, version = client_spec(table["client"]), str(table["version"])
            renewed = table.get("requires", [*spec.requirements]) != [*spec.requirements]
        except (OSError, ValueError, KeyError, TypeError, UserError):
            return None
        folder = self._recorded_folder(record)
        python = interpreter(folder) if folder else None
        if renewed or not (python and python.exists()):
            return None
        return Environment(spec=spec, version=version, python=python)


def _changed(folder: Path) -> float:
    """Return when a folder has changed; now, where another process has removed it."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()


def interpreter(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
