"""A recording of another index: a closed set of files with their pages, which is played for ever the same.

`recording.json` lists projects and files; `files/<sha256>/<file name>` has each file, and its metadata file and its
provenance object beside it where the index has one. The list is written last.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.errors import UserError
from reference_server.model import CoreMetadata, ListedFile, ProjectStatus, Status
from reference_server.model.grammar import is_valid_name
from reference_server.sources.placing import by_version, files_of, put_files
from reference_server.sources.stored_files import Stamp, StoredBlob, sha256_of
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.store.blobs import Blobs
    from reference_server.store.protocol import Store

LIST = "recording.json"
VERSION = 1
UNKNOWN_TIME = datetime(1980, 1, 1, tzinfo=UTC)
"""When a file was last modified whose page does not state the time of its upload."""

FILENAME = re.compile(r"[A-Za-z0-9._+!-]{1,255}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class RecordingError(UserError):
    """The recording cannot be played."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"{folder} is a damaged recording: {why}", "Record it again.")


class FolderTakenError(UserError):
    """There is something where a folder is to be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is not empty, or is a mount point",
            "Choose a folder that is empty or does not exist.",
        )


def is_recording(folder: Path) -> bool:
    """Return whether a folder is a recording."""
    return (folder / LIST).is_file()


# writing


def write_recording(store: Store, owner: int, names: Iterable[str], index: str, folder: Path) -> int:
    """Write the files of some projects that are fetched, and return their number. Raises `UserError`."""
    with new_folder(folder) as written:
        projects = [_project(store, owner, name, written) for name in sorted(set(names))]
        listed = [each for each in projects if each["files"]]
        content = {"recording": VERSION, "index": index, "projects": listed}
        (written / LIST).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return sum(len(each["files"]) for each in listed)


def require_new(folder: Path) -> None:
    """Raise `FolderTakenError`, or `UserError`, unless a folder can be made, or put in place of an empty one."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()) or os.path.ismount(folder))
    except OSError as error:
        raise _unwritable(folder, error) from error
    if taken:
        raise FolderTakenError(folder)


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(f"cannot write {folder}: {error.strerror}", "Choose another folder.")


class new_folder:  # noqa: N801 - a context manager, as those of contextlib
    """Give an empty folder that becomes `folder` at the end of the block, or is removed after an error.

    Raises `FolderTakenError`, and `UserError` if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute().resolve()
        self._made: Path | None = None

    def __enter__(self) -> Path:
        require_new(self._folder)
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            made = tempfile.mkdtemp(prefix=f".{self._folder.name}-", dir=self._folder.parent)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._made = Path(made)
        return self._made

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if self._made is None:
            return
        if kind is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            if isinstance(error, OSError):
                raise _unwritable(self._folder, error) from error
            return
        umask = os.umask(0)
        os.umask(umask)
        try:
            self._made.chmod(0o777 & ~umask)
            if self._folder.exists():
                self._folder.rmdir()
            self._made.rename(self._folder)
        except OSError as failed:
            shutil.rmtree(self._made, ignore_errors=True)
            raise _unwritable(self._folder, failed) from failed


def _project(store: Store, owner: int, name: str, folder: Path) -> dict[str, Any]:
    files = (each for each in files_of(store, owner, name) if isinstance(each, ListedFile))
    fetched = sorted((each for each in files if each.is_fetched), key=lambda each: each.filename)
    status = store.status(owner, name)
    return _stated(
        {
            "name": name,
            "status": None if status.status is Status.ACTIVE else status.status.value,
            "reason": status.reason,
            "files": [_file(each, folder) for each in fetched],
        }
    )


def _file(file: ListedFile, folder: Path) -> dict[str, Any]:
    sha256 = file.digests["sha256"]
    place = folder / "files" / sha256
    place.mkdir(parents=True, exist_ok=True)
    with file.blob.open() as source, (place / file.filename).open("wb") as target:
        shutil.copyfileobj(source, target)
    if file.core_metadata is not None:
        (place / f"{file.filename}.metadata").write_bytes(file.core_metadata.document)
    if file.provenance is not None:
        (place / f"{file.filename}.provenance").write_bytes(file.provenance)
    return _stated(
        {
            "filename": file.filename,
            "sha256": sha256,
            "size": file.size,
            "requires-python": file.requires_python,
            "upload-time": file.stated_time.isoformat() if file.stated_time else None,
            "yanked": file.yanked,
            "metadata": file.core_metadata.sha256 if file.core_metadata else None,
            "provenance": hashlib.sha256(file.provenance).hexdigest() if file.provenance else None,
        }
    )


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# playing


class RecordedStore(MemoryStore):
    """The packages of a recording. Every file is checked. Raises `RecordingError`."""

    def __init__(self, folder: Path, *, gitlab_project: int = 1, blobs: Blobs | None = None) -> None:
        super().__init__(blobs=blobs)
        self._folder, self._owner = folder.absolute(), gitlab_project
        _play_all(self, self._owner, self._folder)

    def forget(self) -> None:
        """Remove what was uploaded, and play the recording again. Raises `RecordingError`."""
        with self.lock:
            super().forget()
            _play_all(self, self._owner, self._folder)


def _play_all(store: MemoryStore, owner: int, folder: Path) -> None:
    try:
        listed = json.loads((folder / LIST).read_bytes())
        version = listed["recording"]
        if version != VERSION:
            raise RecordingError(folder, f"version {version!r} is not known to this release")
        for project in listed["projects"]:
            _play(store, owner, project, folder)
    except OSError as error:
        name = Path(error.filename).relative_to(folder) if error.filename else LIST
        raise RecordingError(folder, f"{name}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(folder, f"{LIST} is not as it was written") from error


def _play(store: MemoryStore, owner: int, project: dict[str, Any], folder: Path) -> None:
    name = project["name"]
    if not is_valid_name(name):
        raise ValueError(name)
    files = [_played(each, folder) for each in project["files"]]
    put_files(store, owner, name, by_version(name, files))
    if "status" in project:
        status = ProjectStatus(status=Status(project["status"]), reason=project.get("reason"))
        store.put_status(owner, name, status)


def _played(file: dict[str, Any], folder: Path) -> ListedFile:
    filename, sha256, stated = file["filename"], file["sha256"], file.get("upload-time")
    if not FILENAME.fullmatch(filename) or not SHA256.fullmatch(sha256):
        raise ValueError(filename)
    path = folder / "files" / sha256 / filename
    stamp = Stamp.of(path)
    if stamp.size != file["size"] or sha256_of(stamp) != sha256:
        raise RecordingError(folder, f"{path.relative_to(folder)} is not what was recorded")
    blob = StoredBlob.at(stamp, sha256=sha256)
    time = datetime.fromisoformat(stated) if stated is not None else None
    return ListedFile(
        id=0,
        package_id=0,
        filename=filename,
        digests=blob.digests,
        requires_python=file.get("requires-python"),
        created_at=time or UNKNOWN_TIME,
        blob=blob,
        core_metadata=_metadata(path, file.get("metadata"), folder),
        provenance=_beside(path, "provenance", file.get("provenance"), folder),
        yanked=file.get("yanked"),
        location=sha256,
        stated_time=time,
    )


def _metadata(path: Path, sha256: str | None, folder: Path) -> CoreMetadata | None:
    document = _beside(path, "metadata", sha256, folder)
    return None if document is None else CoreMetadata(document)


def _beside(path: Path, kind: str, sha256: str | None, folder: Path) -> bytes | None:
    """Return what was recorded beside a file, or None if there was nothing. Raises `RecordingError`."""
    if sha256 is None:
        return None
    path = path.with_name(f"{path.name}.{kind}")
    document = path.read_bytes()
    if hashlib.sha256(document).hexdigest() != sha256:
        raise RecordingError(folder, f"{path.relative_to(folder)} is not what was recorded")
    return document
