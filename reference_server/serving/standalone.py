"""The server as a process of its own, on granian."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

THREADS = 8
GRACE = 5  # seconds for running requests when the server is told to end


class ServerMissingError(UserError):
    """granian is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "serving needs granian, which is not installed: pip install 'pypi-registry-conformance[serve]'"
        )


def serve(
    *,
    host: str,
    port: int,
    max_file_size: int | None,
    on_start: Callable[[], Any],
    store: Path | None = None,
    flavour: str = "reference",
    variety: int | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM. `on_start` is called once the port is ours.

    The state lives in memory, or in the directory `store`. The port has to be free: granian shares it with
    whoever also shares, and would not notice.

    Raises `ServerMissingError`, and `StoreError` for a directory that cannot be used.
    """
    try:
        from granian import Granian
        from granian.constants import HTTPModes, Interfaces
        from granian.log import LogLevels
    except ImportError as error:
        raise ServerMissingError from error
    from reference_server.store.sqlite import SQLiteStore

    if store:
        SQLiteStore(store).close()  # here it can still be said what is wrong; the worker opens it again
    with tempfile.TemporaryDirectory(prefix="reference-server-", ignore_cleanup_errors=True) as directory:
        server = Granian(
            target="reference_server",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            workers=1,
            blocking_threads=THREADS,
            log_level=LogLevels.error,
            workers_kill_timeout=GRACE,
        )
        server.on_startup(on_start)
        load = partial(
            application,
            max_file_size=max_file_size,
            directory=Path(directory),
            store=store,
            flavour=flavour,
            variety=variety,
        )
        server.serve(target_loader=load, wrap_loader=False)


def application(
    *,
    max_file_size: int | None,
    directory: Path,
    store: Path | None = None,
    flavour: str = "reference",
    variety: int | None = None,
) -> WSGIApplication:
    """Make the application, in the worker: all of it in the store, or its large files in the directory."""
    from reference_server.flavours import flavour_named
    from reference_server.rules import Rules
    from reference_server.rules.ready_made import default_registry
    from reference_server.serving.create_app import create_app
    from reference_server.store.blobs import Blobs
    from reference_server.store.memory import MemoryStore
    from reference_server.store.sqlite import SQLiteStore

    rules = replace(Rules(), max_file_size=max_file_size)
    state = SQLiteStore(store) if store else MemoryStore(blobs=Blobs(directory))
    registry = default_registry(rules=rules, store=state)
    return create_app(registry, flavour=flavour_named(flavour), variety=variety)
