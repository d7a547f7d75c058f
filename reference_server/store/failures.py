"""What disk and database refuse while a server runs, as refusals of the registry."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reference_server.model.errors import StoreFullError, StoreUnavailableError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from reference_server.model.errors import RegistryError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SQLITE_FULL = 13  # without the import of sqlite3, which a registry in memory does not need


def refusal_of(error: sqlite3.Error | OSError) -> RegistryError:
    """Return `StoreFullError` for a full disk, and else `StoreUnavailableError`."""
    if isinstance(error, OSError):
        return StoreFullError() if error.errno in _FULL else StoreUnavailableError()
    is_full = getattr(error, "sqlite_errorcode", 0) == _SQLITE_FULL
    return StoreFullError() if is_full else StoreUnavailableError()


@contextmanager
def refused() -> Iterator[None]:
    """Raise the refusal for an error of the disk."""
    try:
        yield
    except OSError as error:
        raise refusal_of(error) from error
