"""Errors of a store's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(UserError):
    """The directory cannot be a store. The message has the cause and the next step."""

    def __init__(self, path: Path, cause: object, next_step: str) -> None:
        super().__init__(f"cannot use the store {path}: {cause}. {next_step}")


class StoreUnwritableError(StoreError):
    """The directory cannot be created or written to."""

    def __init__(self, path: Path, cause: OSError) -> None:
        step = "Choose a directory that this user may write to."
        super().__init__(path, cause.strerror or cause, step)


class StoreHeldError(StoreError):
    """Another server has locked the directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "another server uses it", "Stop that server, or choose another store.")


class NotAStoreError(StoreError):
    """The directory contains something else."""

    def __init__(
        self, path: Path, cause: object, next_step: str = "Choose an empty directory or an existing store."
    ) -> None:
        super().__init__(path, cause, next_step)


class StoreDamagedError(NotAStoreError):
    """The database is damaged."""

    def __init__(self, path: Path, cause: object) -> None:
        text = " ".join(str(cause).split())  # SQLite's reports have several lines
        super().__init__(path, f"registry.sqlite3 is damaged: {text[:200]}", "Restore it from a backup.")


class StoreDoubtfulError(NotAStoreError):
    """Database and blobs do not belong together, or the database has lost changes. Nothing was removed."""

    def __init__(self, path: Path, cause: object) -> None:
        step = f"Restore it from a backup, or accept what is there with `reference-server repair --store {path}`."
        super().__init__(path, cause, step)


class StoreTooNewError(StoreError):
    """A later release wrote the store."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        cause = f"its schema is {found}, but this release supports at most {known}"
        super().__init__(path, cause, "Use the release that wrote it, or a later one.")
