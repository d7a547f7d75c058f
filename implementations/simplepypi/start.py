"""Starts simplepypi, which keeps its packages in the folder of its script. Source: simplepypi's README."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start a copy of the script, so that what is published ends with the start."""
    port, programs = place.port(), place.programs()
    script = place.folder("server") / "simplepypi"
    shutil.copyfile(programs / "simplepypi", script)
    url = f"http://{HOST}:{port}"
    command = (programs / "python", script, "--addr", HOST, "--port", str(port))
    with place.process(*command, ready=f"{url}/", name="simplepypi"):
        table = {
            **place.implementation.declared.target,
            "url": url,
            "upload-url": f"{url}/",
            "index-url": f"{url}/pypi/",
        }
        yield Running(table=table)
