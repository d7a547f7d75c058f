"""Starts simpleindex with a route to a folder per project. Source: simpleindex's README."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import tomli_w

from implementations.content import save_content
from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server; a project's pages and files are at `/simple/NAME/`."""
    port, configuration = place.port(), place.work / "configuration.toml"
    save_content(place.folder("files"))
    table = {
        "routes": {"simple/{project}": {"source": "path", "to": "files/{project}"}},
        "server": {"host": HOST, "port": port},
    }
    configuration.write_text(tomli_w.dumps(table), encoding="utf-8")
    url = f"http://{HOST}:{port}/simple"
    with place.process(place.programs() / "simpleindex", configuration, ready=f"{url}/alpha/"):
        yield Running(table={**place.implementation.declared.target, "url": url})
