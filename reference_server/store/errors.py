"""Why a directory cannot be a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(UserError):
    """The directory cannot be a store; the text says why, and what to do."""

    def __init__(self, path: Path, cause: object, next_step: str) -> None:
        super().__init__(f"cannot keep a registry in {path}: {cause}. {next_step}")


class StoreUnwritableError(StoreError):
    """The directory cannot be made, or not be written to."""

    def __init__(self, path: Path, cause: OSError) -> None:
        step = "Choose a directory that this user may write to."
        super().__init__(path, cause.strerror or cause, step)


class StoreHeldError(StoreError):
    """Another server has the directory open."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "another server holds it", "Stop that one, or choose another directory.")


class NotAStoreError(StoreError):
    """Something else lies there."""

    def __init__(self, path: Path, cause: object) -> None:
        super().__init__(path, cause, "Choose an empty directory, or one that was a store before.")


class StoreTooNewError(StoreError):
    """A later release has written it."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        cause = f"it has schema {found}, and this release knows up to {known}"
        super().__init__(path, cause, "Use the release that wrote it, or a later one.")
