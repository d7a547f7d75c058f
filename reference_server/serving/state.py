"""Where the packages of a server are: in a store's directory, in a folder of distributions, or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reference_server.sources.generated import GeneratedIndex
    from reference_server.store.blobs import Blobs
    from reference_server.store.lock import StoreLock
    from reference_server.store.protocol import Store


def state_of(
    *,
    store: Path | str | None,
    folder: Path | str | None,
    flavour: str,
    watches: bool = False,
    generated: GeneratedIndex | None = None,
    lock: StoreLock | None = None,
    blobs: Blobs | None = None,
) -> Store:
    """Open a store's directory or a folder, or return a store in memory: empty, or of a generated index.

    A folder has the packages of the GitLab project whose URLs the flavour shows. `lock` is that of the directory, if
    the caller has locked it; `blobs` the place for large files of what is in memory. Raises `UserError`.
    """
    if folder is not None:
        from reference_server.flavours import flavour_named
        from reference_server.sources.opening import folder_store

        owner = flavour_named(flavour).gitlab_project
        return folder_store(folder, gitlab_project=owner, watches=watches, blobs=blobs)
    if generated is not None:
        from reference_server.flavours import flavour_named
        from reference_server.sources.generated import GeneratedStore

        return GeneratedStore(generated, gitlab_project=flavour_named(flavour).gitlab_project, blobs=blobs)
    if store is not None:
        from reference_server.store.sqlite import SQLiteStore

        return SQLiteStore(store, lock=lock)
    from reference_server.store.memory import MemoryStore

    return MemoryStore(blobs=blobs)
