"""A folder of distributions as a registry: the wheels and sdists in it and below it, under their names.

Nothing is opened to begin: hashes and metadata are read when a page asks for them. The folder is never changed.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.errors import UserError
from reference_server.model import Package
from reference_server.model.errors import StoreUnavailableError
from reference_server.model.grammar import name_and_version, normalize, version_key
from reference_server.sources.stored_files import KEPT, Stamp, StoredBlob, StoredFile
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.model import PackageFile
    from reference_server.store.blobs import Blobs

SUFFIXES = (".whl", ".tar.gz", ".zip")
SETTLED = 2.0  # seconds, after which a change of a folder has another time than the one before


class FolderError(UserError):
    """The folder cannot be served."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """What is in a folder: the distributions by path, and the time of the last change of each folder."""

    files: Mapping[str, Stamp]
    folders: Mapping[str, int]

    def is_current(self) -> bool:
        """Return whether no folder has changed since. One that has changed just now may change again unnoticed."""
        try:
            return all(os.stat(path).st_mtime_ns == modified for path, modified in self.folders.items())  # noqa: PTH116
        except OSError:
            return False


class FolderStore(MemoryStore):
    """The distributions of a folder, as packages of one GitLab project. Uploads are kept beside them in memory.

    If it `watches`, each reading notices what has changed in the folder; else the folder is as it was. Raises
    `FolderError`.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        gitlab_project: int = 1,
        watches: bool = False,
        blobs: Blobs | None = None,
    ) -> None:
        super().__init__(blobs=blobs)
        self.folder = Path(folder).absolute()
        self._owner = gitlab_project
        self._watches = watches
        self._scan = _Scan({}, {})
        self._scanned_at = 0
        self._ids_by_path: dict[str, tuple[int, int]] = {}
        if not self.folder.is_dir():
            raise FolderError(f"there is no folder {self.folder}", "Give a folder of wheels and sdists.")
        self._refresh(always=True)

    @property
    def distributions(self) -> int:
        """The number of distributions in the folder."""
        return len(self._scan.files)

    def packages(self, gitlab_project: int) -> tuple[Package, ...]:
        """Return the packages of a GitLab project, oldest first."""
        self._notice()
        return super().packages(gitlab_project)

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of one project in a GitLab project, oldest first."""
        self._notice(normalized)
        return super().packages_named(gitlab_project, normalized)

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        self._notice(normalized)
        return super().packages_of_version(gitlab_project, normalized, version)

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this digest and this name, oldest first."""
        parsed = _named(filename)
        self._notice(parsed[0] if parsed else None)
        return super().files_named(gitlab_project, sha256, filename)

    @property
    def edition(self) -> None:
        """Have no edition: the folder is another's."""
        return

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project, or of a whole GitLab project."""
        self._notice(normalized)
        return super().serial(gitlab_project, normalized)

    def forget(self) -> None:
        """Remove what was uploaded, and list the folder as it is now. Raises `FolderError`."""
        with self.lock:
            super().forget()
            self._scan = _Scan({}, {})
            self._ids_by_path.clear()
            self._refresh(always=True)

    def _notice(self, normalized: str | None = None) -> None:
        """Look at the folders, and at the files of one project, for changes."""
        if not self._watches:
            return
        with self.lock:
            named = super().packages_named(self._owner, normalized) if normalized else ()
            blobs = (file.blob for package in named for file in package.files)
            changed = not all(each.stamp.is_current for each in blobs if isinstance(each, StoredBlob))
            try:
                self._refresh(always=changed)
            except FolderError as error:  # such as a disk that is not mounted now
                raise StoreUnavailableError from error

    def _refresh(self, *, always: bool = False) -> None:
        with self.lock:
            if not always and self._is_settled() and self._scan.is_current():
                return
            self._scanned_at = time.time_ns()
            before, self._scan = self._scan, _scanned(self.folder)
            changed = [path for path, stamp in before.files.items() if self._scan.files.get(path) != stamp]
            freed = {Path(path).name for path in changed if self._take_out(path)}
            self._put(
                path
                for path, stamp in self._scan.files.items()
                if before.files.get(path) != stamp or (freed and Path(path).name in freed)
            )

    def _is_settled(self) -> bool:
        """Return whether the folders had rested when they were last read."""
        latest = max(self._scan.folders.values(), default=0)
        return self._scanned_at - latest > SETTLED * 1e9

    def _put(self, paths: Iterable[str]) -> None:
        """Add files, a package per version. A name that is taken is not added again."""
        groups: dict[tuple[str, object], list[str]] = defaultdict(list)
        for path in paths:
            parsed = _named(os.path.basename(path))  # noqa: PTH119 - of a text, a thousand times
            if parsed is not None:
                groups[parsed[0], version_key(parsed[1])].append(path)
        for (name, _), group in groups.items():
            self._put_version(name, group)

    def _put_version(self, name: str, paths: Iterable[str]) -> None:
        stamps = [self._scan.files[path] for path in paths]
        parsed = _named(Path(stamps[0].path).name)
        version = parsed[1] if parsed else ""
        package = self._package(name, version) or Package(
            id=self.next_id(),
            gitlab_project=self._owner,
            name=name,
            normalized=name,
            version=version,
            created_at=_time(stamps[0]),
        )
        files = list(package.files)
        for stamp in stamps:
            filename = Path(stamp.path).name
            if any(each.filename == filename for each in files):
                continue
            number = self.next_id()
            known = {"id": number, "package_id": package.id, "filename": filename, "created_at": _time(stamp)}
            files.append(StoredFile.at(stamp, **known))
            self._ids_by_path[stamp.path] = (package.id, number)
        self.put_package(replace(package, files=tuple(files)))

    def _package(self, name: str, version: str) -> Package | None:
        return next(iter(super().packages_of_version(self._owner, name, version)), None)

    def _take_out(self, path: str) -> bool:
        """Remove a file, and return whether there was one."""
        package_id, number = self._ids_by_path.pop(path, (0, 0))
        package = self.package(package_id)
        if package is None:
            return False
        files = tuple(each for each in package.files if each.id != number)
        if files:
            self.put_package(replace(package, files=files))
        else:
            self.remove_package(package_id)
        return len(files) < len(package.files)


def _scanned(folder: Path) -> _Scan:
    """Find the distributions in a folder and below it. What begins with a dot is not looked at."""
    files: dict[str, Stamp] = {}
    folders: dict[str, int] = {}
    waiting = [str(folder)]
    while waiting:
        current = waiting.pop()
        try:
            folders[current] = os.stat(current).st_mtime_ns  # noqa: PTH116 - before it is read
            with os.scandir(current) as entries:
                found = sorted(entries, key=lambda each: each.name)
            for entry in found:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(SUFFIXES) and _named(entry.name) and entry.is_file():
                    files[entry.path] = Stamp.of(entry.path, entry.stat())
        except OSError as error:
            if current == str(folder):
                raise FolderError(f"cannot read {folder}: {error.strerror or error}") from error
    return _Scan(dict(sorted(files.items())), folders)


@lru_cache(maxsize=KEPT)
def _named(filename: str) -> tuple[str, str] | None:
    """Return the normalized name and the version in a file name, or None."""
    parsed = name_and_version(filename)
    return None if parsed is None else (normalize(parsed[0]), str(parsed[1]))


def _time(stamp: Stamp) -> datetime:
    return datetime.fromtimestamp(stamp.modified / 1e9, UTC)
