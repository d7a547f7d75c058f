"""Serves a plain folder of distributions by nginx.

Source: Python Packaging User Guide, Hosting your own simple repository, which has one folder per project behind a
web server that lists folders.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.content import save_content
from implementations.nginx import served_by_nginx
from implementations.place import Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start nginx over the folder."""
    root = place.folder("root")
    save_content(root / "simple")
    with served_by_nginx(place, root, settings="autoindex on;") as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})
