"""Makes pages with simple503, and serves them by nginx. Source: simple503's documentation, usage."""

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
    """Make the pages of all wheels, and serve them."""
    root, files = place.folder("root"), place.folder("files")
    save_content(files, by_project=False)
    options = ("--base-url", "/simple", "--sort", "--copy", "--extract-metadata")
    place.run(place.programs() / "simple503", *options, files, root / "simple")
    with served_by_nginx(place, root) as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})
