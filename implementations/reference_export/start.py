"""Exports a folder of distributions as static files, and serves them by nginx."""

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
    """Write the files with the server's own command, and serve them."""
    folder, root = place.folder("distributions"), place.work / "root"
    save_content(folder)
    place.run(place.programs() / "python", "-m", "reference_server", "export", folder, "--output", root)
    with served_by_nginx(place, root) as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})
