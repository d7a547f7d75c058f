"""Starts the reference server from its command line."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def start(place: Place, flavour: str = "reference", *options: str | Path) -> Iterator[Running]:
    """Start the server in one of its flavours, with its ready-made credentials and further options."""
    port, written = place.port(), place.work / "registry.toml"
    command = (
        *(
            place.programs() / "python",
            "-m",
            "reference_server",
            "serve",
            "--host",
            HOST,
            "--port",
            str(port),
        ),
        *("--flavour", flavour, "--write-target", written, *options),
    )
    with place.process(*command, ready=f"http://{HOST}:{port}/", name="reference-server"):
        yield Running(table=tomllib.loads(written.read_text(encoding="utf-8")))
