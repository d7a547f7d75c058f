"""The server as a separate process, on granian."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from reference_server.serving.ports import noticing_a_taken_port
from reference_server.serving.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from reference_server.serving.create_app import RegistryApplication
    from reference_server.sources.generated import GeneratedIndex
    from reference_server.sources.upstream import Upstream
    from reference_server.store.lock import StoreLock

THREADS = 2048  # started on demand, one per request that is running: slow clients hold theirs
GRACE = 5  # seconds for running requests when the server stops


class RegistryOptions(TypedDict, total=False):
    """What kind of registry to serve."""

    max_file_size: int | None
    """The largest file in bytes (default: no limit)."""
    store: Path | None
    """A directory that keeps the state (default: it is kept in memory)."""
    flavour: str
    """The vendor to imitate (default: reference)."""
    variety: int | None
    """A seed that varies what the specifications leave open (default: none)."""
    secrets: Mapping[str, str] | None
    """New secrets of the ready-made tokens, by their public ones (default: these)."""
    folder: Path | None
    """A folder of distributions, or a recording, in place of a store (default: none)."""
    watches: bool
    """Whether changes of the folder are noticed (default: no)."""
    generated: GeneratedIndex | None
    """A generated index in place of a store (default: none)."""
    upstream: Upstream | None
    """Another index that is asked for projects which are not here (default: none)."""
    origin: str
    """Where commands on this machine reach the server that uses the store."""
    log: bool
    """Whether each request is printed to standard error (default: false)."""


def serve(*, host: str, port: int, on_start: Callable[[], Any], **options: Unpack[RegistryOptions]) -> None:
    """Serve until SIGINT or SIGTERM. Calls `on_start` as soon as it listens.

    The port has to be free: granian shares it with other sharing programs without an error.

    Raises `ImportError` without the extra `serve`, `StoreError` for an unusable directory, and `PortTakenError`.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    folder = options.get("folder")
    if folder is not None:  # the worker opens it again, and cannot report an error to the user
        state_of(store=None, folder=folder, flavour=options.get("flavour", "reference")).close()
    store = options.get("store")
    lock = _checked(store) if store else None
    with (
        closing(lock) if lock else nullcontext(),
        tempfile.TemporaryDirectory(prefix="reference-server-", ignore_cleanup_errors=True) as directory,
    ):
        server = Granian(
            target="reference_server",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            workers=1,
            blocking_threads=THREADS,
            backlog=2 * THREADS,
            log_level=LogLevels.error,
            workers_kill_timeout=GRACE,
        )
        server.on_startup(on_start)
        gc.freeze()  # what is here stays, and pages that no collection touches stay shared with the worker
        load = partial(_application_of_worker, directory=Path(directory), lock=lock, **options)
        with noticing_a_taken_port(host, port):
            server.serve(target_loader=load, wrap_loader=False)


def _checked(store: Path) -> StoreLock:
    """Lock, open and close a store: the worker, which opens it again, cannot report an error to the user.

    The worker gets the lock, too. It is free when both have ended.
    """
    from reference_server.store.lock import StoreLock
    from reference_server.store.sqlite import SQLiteStore

    lock = StoreLock(store)
    try:
        SQLiteStore(store, lock=lock).close()
    except BaseException:
        lock.close()
        raise
    return lock


def _application_of_worker(
    *, directory: Path, lock: StoreLock | None, **options: Unpack[RegistryOptions]
) -> WSGIApplication:
    """Return the application for the worker, which closes its store when it stops, and ends with its parent."""
    from multiprocessing import parent_process
    from multiprocessing.util import Finalize
    from threading import Thread

    app = application(directory=directory, lock=lock, **options)
    close = Finalize(None, app.close, exitpriority=100)
    parent = parent_process()

    def end_with_parent() -> None:
        assert parent is not None  # noqa: S101 - a worker has one
        parent.join()
        close()
        os._exit(1)

    if parent is not None:
        Thread(target=end_with_parent, daemon=True).start()
    return sending_at_once(app)


def sending_at_once(app: WSGIApplication) -> WSGIApplication:
    """Return an application whose kept answers are lists: granian sends others piece by piece, which takes longer."""
    from reference_server.http.request_log.log import Whole

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sent = app(environ, start_response)
        return sent.at_once() if isinstance(sent, Whole) else sent

    return answer


def application(
    *, directory: Path, lock: StoreLock | None = None, **options: Unpack[RegistryOptions]
) -> RegistryApplication:
    """Return the application for a worker. Without a store, `directory` keeps large files; `lock` is the store's."""
    from reference_server.flavours import flavour_named
    from reference_server.rules import Rules
    from reference_server.serving.create_app import create_app
    from reference_server.serving.default_registry import default_registry
    from reference_server.serving.printed_requests import printing
    from reference_server.store.blobs import Blobs

    flavour = flavour_named(options.get("flavour", "reference"))
    state = state_of(
        store=options.get("store"),
        folder=options.get("folder"),
        flavour=flavour.name,
        watches=options.get("watches", False),
        generated=options.get("generated"),
        lock=lock,
        blobs=Blobs(directory),
    )
    rules = replace(Rules(), max_file_size=options.get("max_file_size"))
    registry = default_registry(rules=rules, store=state, secrets=options.get("secrets"))
    state.announce(options.get("origin", ""))
    app = create_app(
        registry,
        flavour=flavour,
        variety=options.get("variety"),
        upstream=options.get("upstream"),
        mirrored=Blobs(directory),
    )
    if options.get("log"):
        app.log.on_end = printing(sys.stderr)
    return app
