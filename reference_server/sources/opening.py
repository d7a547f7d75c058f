"""Opens a folder, whatever is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    from reference_server.store.blobs import Blobs
    from reference_server.store.memory import MemoryStore


def folder_store(
    folder: Path | str, *, gitlab_project: int, watches: bool = False, blobs: Blobs | None = None
) -> MemoryStore:
    """Return the packages of a recording, or else of a folder of distributions. `blobs` keep what is uploaded.

    Raises `UserError`.
    """
    from reference_server.sources.recording import RecordedStore, is_recording

    path = Path(folder)
    if not is_recording(path):
        from reference_server.sources.folder import FolderStore

        return FolderStore(path, gitlab_project=gitlab_project, watches=watches, blobs=blobs)
    if watches:
        raise UserError(f"{path} is a recording, which does not change", "Leave out --watch.")
    return RecordedStore(path, gitlab_project=gitlab_project, blobs=blobs)
