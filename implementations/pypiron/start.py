"""Starts pypiron with a folder of its own, and nothing that asks other hosts. Source: `pypiron serve --help`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server; its admin may publish, yank and delete."""
    port, password = place.port(), place.secret()
    origin = f"http://{HOST}:{port}"
    environment = {
        "PYPIRON_ADMIN_PASS": password,
        "PYPIRON_ADVISORY_FEED": "",
        "PYPIRON_MALWARE_BLOCK": "false",
    }
    command = (
        *(place.programs() / "pypiron", "serve", "--bind-addr", f"{HOST}:{port}"),
        *("--data-dir", place.folder("data"), "--spool-dir", place.folder("spool")),
    )
    with place.process(*command, ready=f"{origin}/health", environment=environment):
        credentials = {"default": {"username": "admin", "password": password}}
        yield Running(
            table={**place.implementation.declared.target, "url": origin, "credentials": credentials}
        )
